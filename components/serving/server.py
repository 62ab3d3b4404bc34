"""KServe's model server with our edge in front of its application."""

from __future__ import annotations

import json
import logging
import logging.config
import os
import signal
import sys
import time
import warnings
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from typing import Any

from kserve import ModelServer
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.rest.server import RESTServer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from components.serving.edge import Edge
from components.serving.protocol import Guarded
from components.serving.settings import ServingSettings


class Plane(DataPlane):  # type: ignore[misc]
    """KServe's data plane, which also tells the version that serves, and whether it is ready."""

    async def ready(self) -> bool:
        """Whether all models are."""
        return all(model.ready for model in self.model_registry.get_models().values())

    async def model_metadata(self, model_name: str) -> dict[str, Any]:
        """Name, version, engine, inputs and outputs."""
        told = await super().model_metadata(model_name)
        served = self.get_model_from_registry(model_name).served
        return {**told, "versions": [served.release.version], "platform": served.engine.name}


class Rest(RESTServer):  # type: ignore[misc]
    """KServe's REST server behind the edge."""

    def __init__(self, predictor: Any, settings: ServingSettings, **words: Any) -> None:
        super().__init__("kserve.model_server:app", http_port=settings.port, **words)
        self._predictor, self._settings = predictor, settings
        self.config.host = settings.host
        self.config.http = partial(Guarded, seconds=settings.timeout)
        self.config.ws = "none"

    def create_application(self) -> None:
        """KServe's application, and the edge in front of it."""
        from kserve.model_server import app

        super().create_application()
        # Before KServe's route of that path, whose answer has no room for a column's parameters.
        app.router.routes.insert(0, Route("/v2/models/{name}", self._metadata))
        app.openapi = lambda: document(self._predictor)
        self.config.app = Edge(app, self._predictor, self._settings)

    async def _metadata(self, request: Request) -> Response:
        return JSONResponse(await self.dataplane.model_metadata(request.path_params["name"]))


class Server(ModelServer):  # type: ignore[misc]
    """KServe's model server: REST only, one process."""

    def __init__(self, predictor: Any, settings: ServingSettings) -> None:
        super().__init__(http_port=settings.port, enable_grpc=False, workers=1, grace_period=settings.grace)
        self.dataplane = Plane(model_registry=self.registered_models)
        self._predictor, self._settings = predictor, settings

    def start(self, models: list[Any]) -> None:
        """Serve until told to stop."""
        import uvloop

        self._register_and_check_atleast_one_model_is_ready(models)
        self._rest_server = Rest(
            self._predictor,
            self._settings,
            data_plane=self.dataplane,
            model_repository_extension=self.model_repository_extension,
            grace_period=self.grace_period,
            timeout_keep_alive=self.timeout_keep_alive,
        )
        self.servers.append(self._rest_server.start())
        self.register_signal_handler()
        if self._settings.parent:
            Thread(target=_end_with, args=[self._settings.parent], daemon=True).start()
        # KServe's own start runs on asyncio's loop, whatever its settings say.
        uvloop.run(self._serve())


def _end_with(parent: int) -> None:
    """End as if asked to, once the process that started this one is gone."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


class JsonLines(logging.Formatter):
    """One JSON object per record, its extra fields included."""

    _OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName", "color_message"}

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in self._OWN},
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


def configure_logging() -> None:
    """Every logger of the process writes JSON lines to the standard output."""
    loud = {"handlers": ["lines"], "level": "INFO", "propagate": False}
    quiet = {**loud, "level": "WARNING"}
    warnings.filterwarnings("ignore", message="ORJSONResponse is deprecated")  # KServe's
    logging.captureWarnings(True)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonLines}},
            "handlers": {
                "lines": {"class": "logging.StreamHandler", "stream": sys.stdout, "formatter": "json"}
            },
            "root": {"handlers": ["lines"], "level": "INFO"},
            "loggers": {
                "evergreen": loud,
                "uvicorn": loud,
                # Metrics count requests, and the prediction log keeps them.
                "uvicorn.access": {"handlers": [], "propagate": False},
                "kserve": quiet,
                "kserve.trace": quiet,
            },
        }
    )


def document(predictor: Any) -> dict[str, Any]:
    """The OpenAPI document of what is served."""
    from components.serving.openapi import describe

    return describe(predictor.served)
