"""The predictor: `python -m components.serving.predictor` serves one use case over REST, under KServe's model server."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from typing import Any

import kserve
import orjson
from pydantic import ValidationError

from components.contracts.errors import EvergreenError
from components.contracts.release import Release
from components.serving import documents, metrics, v1, v2
from components.serving.answering import answered
from components.serving.completion import Completion
from components.serving.form import Rows
from components.serving.loading import load
from components.serving.logging import PredictionLog
from components.serving.outputs import DATATYPES
from components.serving.refusal import Problem, RefusalError
from components.serving.replay import REPLAY_HEADER
from components.serving.served import Served
from components.serving.settings import ServingSettings

logger = logging.getLogger("evergreen.serving")

_LENGTH = b"inference-header-content-length"
REPLAY = REPLAY_HEADER.encode()


class Predictor(kserve.Model):  # type: ignore[misc]
    """What serves: a release that can be replaced while requests are answered."""

    def __init__(self, settings: ServingSettings, log: PredictionLog | None) -> None:
        super().__init__(settings.name)
        self.settings = settings
        self.log = log
        self.served: Served
        self._completion = Completion(settings)
        self._replacing = asyncio.Lock()

    def load(self) -> bool:
        """Load the release that the settings name.

        Raises:
            ModelError: It does not load.
            StoreError: It cannot be read.
        """
        settings = self.settings
        self._take(
            self._loaded(
                Release(
                    use_case=settings.name,
                    version=settings.version,
                    digest=settings.digest,
                    address=settings.model,
                    run=settings.run,
                    snapshot="",
                )
            )
        )
        self.ready = True
        return True

    def _loaded(self, release: Release) -> Served:
        settings = self.settings
        if settings.other_lock:
            logger.warning("a model of another lock would be served: EVERGREEN_SERVING_OTHER_LOCK is set")
        served = load(release, settings.other_lock, settings.trust())
        self._completion.prepare(served.views)
        return served

    def _take(self, served: Served) -> None:
        # One assignment: a request has the old release or the new one, and the old goes when its last request has ended.
        self.served = served
        metrics.served(served)
        release = served.release
        told = {"version": release.version, "digest": release.digest, "engine": served.engine.name}
        logger.info("serving", extra=told)

    async def answer(
        self, protocol: str, body: bytes, headers: dict[bytes, bytes], served: Served, ends: float
    ) -> bytes:
        """The answer to a request's body; it is in the prediction log when it is returned.

        Args:
            protocol: `v1` or `v2`.
            body: What was sent.
            headers: By their names in small letters.
            served: The release that answers.
            ends: When the request's time is over, by the monotonic clock.

        Raises:
            RefusalError: The request is refused, the log cannot keep its predictions, or its time is over.
        """
        size = headers.get(_LENGTH)
        tail = b""
        if size is not None and protocol == "v2":
            # No longer than a length can be: Python refuses to read thousands of digits.
            if not size.isdigit() or len(size) > 10 or int(size) > len(body):
                raise RefusalError(400, "Inference-Header-Content-Length is no length of this request's JSON")
            body, tail = body[: int(size)], body[int(size) :]
        found = documents.parse(body)
        request = documents.request_id(found.get("id"), headers.get(b"x-request-id"))
        # Who may replace the model may also try it: golden rows are nobody's predictions.
        log = None if self.settings.repository and REPLAY in headers else self.log
        if protocol == "v1":
            rows = await self._completed(v1.rows(found, served, self.settings.max_rows), served)
            ids = documents.row_ids(request, rows.count)
            return v1.body(ids, await answered(served, rows, ids, log, ends), served)
        wanted = v2.asked(found, served)
        rows = await self._completed(v2.rows(found, tail, served, self.settings.max_rows), served)
        ids = documents.row_ids(request, rows.count)
        return v2.body(request, ids, await answered(served, rows, ids, log, ends), served, wanted)

    async def _completed(self, rows: Rows, served: Served) -> Rows:
        return await self._completion.complete(rows, served) if served.views else rows

    async def replace(self, body: bytes) -> bytes:
        """Load another release beside the one that serves, and let it take over: the body of the repository's `load`.

        `{"parameters": {"config": "RELEASE"}}`, the release as JSON in a text, which is what tritonclient's
        `load_model(name, config=…)` sends.

        Raises:
            RefusalError: The body is no release, or the release does not load; what serves serves on.
        """
        release = _release(documents.parse(body), self.name)
        if self._replacing.locked():
            raise RefusalError(
                409, "another release is being loaded; ask again", headers={"Retry-After": "5"}
            )
        async with self._replacing:
            try:
                served = await asyncio.to_thread(self._loaded, release)
            except EvergreenError as error:
                logger.warning("not replaced", extra={"version": release.version, "reason": str(error)})
                raise RefusalError(422, f"version {release.version} does not serve: {error}") from None
            self._take(served)
        return orjson.dumps({"name": self.name, "load": True, "release": served.release.model_dump()})

    def get_input_types(self) -> list[dict[str, Any]]:
        """The model's columns, and those that a request may carry besides, for the metadata endpoint."""
        form = self.served.form
        told: list[dict[str, Any]] = [
            {"name": column.name, "datatype": DATATYPES[column.type], "shape": [-1]}
            for column in (*form.inputs, *form.optional)
        ]
        for column in told:
            view = form.looked_up.get(column["name"])
            if view is not None:
                column["parameters"] = {"optional": True, "view": view.name, "keys": list(view.keys)}
        return told

    def get_output_types(self) -> list[dict[str, Any]]:
        """The model's outputs, for the metadata endpoint."""
        outputs = self.served.outputs.values()
        return [{"name": output.name, "datatype": output.datatype, "shape": [-1]} for output in outputs]


def _release(found: dict[str, Any], name: str) -> Release:
    parameters = found.get("parameters")
    config = parameters.get("config") if isinstance(parameters, dict) else None
    if not isinstance(config, str):
        raise RefusalError(
            400, "no release", [Problem("parameters.config", "must be a release as JSON in a text")]
        )
    try:
        release = Release.model_validate_json(config)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(["parameters.config", *map(str, first["loc"])])
        raise RefusalError(400, "no release", [Problem(place, first["msg"])]) from None
    if release.use_case != name:
        raise RefusalError(422, f"the release is of {release.use_case!r}, and {name!r} is served here")
    return release


def _log(settings: ServingSettings) -> PredictionLog | None:
    """The prediction log at the place that the settings name; None where they name none.

    Raises:
        StoreError: Its folder on this machine cannot be written.
        UseCaseError: A column is to be hashed and there is no salt.
    """
    if not settings.log:
        return None
    from components.settings import LogSettings, Settings
    from components.stores.predictions import PredictionLog as Kept

    where = Settings().model_copy(update={"predictions": settings.log})
    kept = Kept.opened(settings.name, settings.keep, where, LogSettings())
    metrics.logged(kept.tally)
    return kept


def main() -> int:
    """Serve until told to stop; everything that was accepted is finished."""
    from components.serving import server

    settings = ServingSettings()
    server.configure_logging()
    predictor = Predictor(settings, log=None)
    try:
        predictor.load()
        predictor.log = _log(settings)
    except EvergreenError as error:
        logger.error("cannot serve", extra={"reason": str(error)})
        return 1
    gc.collect()
    gc.freeze()  # 170,000 objects that stay: to look at them all stops every request for 90 ms
    try:
        server.Server(predictor, settings).start([predictor])
    finally:
        if predictor.log is not None:
            predictor.log.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
