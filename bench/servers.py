"""The servers that ours is measured beside: `python -m bench.servers NAME PORT FOLDER`.

`kserve` and `fastapi` are what one writes around a joblib file in ten minutes; `echo` is the floor of any HTTP server here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def kserve(port: int, folder: Path) -> None:
    """KServe's SDK as its own sklearn server uses it: a DataFrame of the instances into the pipeline."""
    import joblib
    import pandas as pd
    from kserve import Model, ModelServer

    class Stock(Model):  # type: ignore[misc]
        def load(self) -> bool:
            self.pipeline = joblib.load(folder / "pipeline.joblib")
            self.ready = True
            return True

        def predict(self, payload: dict[str, Any], headers: object = None) -> dict[str, Any]:
            frame = pd.DataFrame(payload["instances"])
            return {"predictions": self.pipeline.predict_proba(frame).tolist()}

    model = Stock("bench")
    model.load()
    ModelServer(http_port=port, enable_grpc=False, enable_latency_logging=False).start([model])


def fastapi(port: int, folder: Path) -> None:
    """FastAPI with a DataFrame of the instances into the pipeline."""
    import joblib
    import pandas as pd
    import uvicorn
    from fastapi import Body, FastAPI

    pipeline, app = joblib.load(folder / "pipeline.joblib"), FastAPI()

    @app.post("/v1/models/bench:predict")
    def predict(instances: list[dict[str, Any]] = Body(embed=True)) -> dict[str, Any]:  # noqa: B008
        return {"predictions": pipeline.predict_proba(pd.DataFrame(instances)).tolist()}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def echo(port: int, folder: Path) -> None:
    """Nothing but HTTP: the answer has the size of ours."""
    import uvicorn

    body = (folder / "answer.json").read_bytes()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            while (await receive()).get("more_body"):
                pass
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")


MLSERVER_TRAIN = """
import json, sys, joblib, pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
folder, port = sys.argv[1], int(sys.argv[2])
rows = pd.read_json(folder + "/rows.json", orient="records")
y = rows.pop("y")
encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=20)
texts = [name for name in rows if name.startswith("c")]
columns = ColumnTransformer([("c", encoder, texts)], remainder="passthrough")
model = make_pipeline(columns, HistGradientBoostingClassifier(random_state=0)).fit(rows, y)
joblib.dump(model, folder + "/mlserver/model.joblib")
json.dump({"name": "bench", "implementation": "mlserver_sklearn.SKLearnModel",
           "parameters": {"uri": "./model.joblib"}}, open(folder + "/mlserver/model-settings.json", "w"))
json.dump({"http_port": port, "grpc_port": port + 1, "metrics_port": port + 2, "parallel_workers": 0, "debug": False,
           "host": "127.0.0.1"}, open(folder + "/mlserver/settings.json", "w"))
"""


def rows_for_mlserver(folder: Path, table: Any) -> None:
    """The training rows where its own environment reads them."""
    (folder / "mlserver").mkdir()
    (folder / "rows.json").write_text(json.dumps(table.to_pylist()))


if __name__ == "__main__":
    # KServe reads the command line when it is imported.
    name, port, folder = sys.argv[1:4]
    del sys.argv[1:]
    {"kserve": kserve, "fastapi": fastapi, "echo": echo}[name](int(port), Path(folder))
