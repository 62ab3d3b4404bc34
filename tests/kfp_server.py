"""A server that speaks as much of the Kubeflow Pipelines API (v2beta1) as Evergreen uses, with state, over real HTTP.

It stands in for a remote system that cannot run here. What it answers is made of `kfp_server_api`'s own models, so a
field that KFP does not have cannot creep in.
"""

from __future__ import annotations

import json
import threading
import uuid
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kfp_server_api as api

_AS_JSON = api.ApiClient().sanitize_for_serialization
ROOT = "/apis/v2beta1"


class KfpServer(ThreadingHTTPServer):
    """Its state, which a test may look at and change as the real server's controllers would."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pipelines: dict[str, api.V2beta1Pipeline] = {}
        self.versions: dict[str, api.V2beta1PipelineVersion] = {}
        self.experiments: dict[str, api.V2beta1Experiment] = {}
        self.runs: dict[str, api.V2beta1Run] = {}
        self.recurring: dict[str, api.V2beta1RecurringRun] = {}
        self.requests: list[str] = []
        self.headers: list[str] = []
        self.refusals: list[int] = []
        """Status codes to answer the next requests with."""
        self.lost = 0
        """How many of the next runs are started without the client hearing of it."""
        self.page = 2
        """Length of a page of a list."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def progress(self, run: str, state: str, tasks: dict[str, str]) -> None:
        """Bring a run on."""
        details = [
            api.V2beta1PipelineTaskDetail(
                task_id=str(uuid.uuid4()), display_name=shown, state=told, run_id=run
            )
            for name, told in tasks.items()
            for shown in (name, f"{name}(0)")  # as the real server lists them
        ]
        self.runs[run].state = state
        self.runs[run].run_details = api.V2beta1RunDetails(task_details=details)


class RefusedError(Exception):
    """An answer that is not 200."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Handler(BaseHTTPRequestHandler):
    server: KfpServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        address = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append(f"{self.command} {address.path}")
        self.server.headers.append(self.headers.get("Authorization") or "")
        try:
            if self.server.refusals:
                raise RefusedError(self.server.refusals.pop(0), "not now")
            answer = self._called(address.path.removeprefix(ROOT).strip("/").split("/"), query, body)
            if self.server.lost and self.command == "POST" and address.path == f"{ROOT}/runs":
                self.server.lost -= 1
                raise RefusedError(504, "the gateway gave up waiting")
            self._send(200, _AS_JSON(answer))
        except RefusedError as refused:
            self._send(refused.code, {"code": 1, "message": str(refused)})

    def _send(self, code: int, answer: Any) -> None:
        content = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _called(self, path: list[str], query: dict[str, str], body: bytes) -> Any:
        match (self.command, *path):
            case ("GET", "healthz"):
                return api.V2beta1GetHealthzResponse(multi_user=False)
            case ("GET", "pipelines"):
                found = _filtered(self.server.pipelines.values(), query)
                return api.V2beta1ListPipelinesResponse(pipelines=found or None, total_size=len(found))
            case ("POST", "pipelines"):
                return self._make_pipeline(_parsed(api.V2beta1Pipeline, body))
            case ("POST", "pipelines", "upload_version"):
                return self._upload(query, body)
            case ("GET", "pipelines", pipeline, "versions"):
                held = [one for one in self.server.versions.values() if one.pipeline_id == pipeline]
                return api.V2beta1ListPipelineVersionsResponse(
                    pipeline_versions=_filtered(held, query) or None
                )
            case ("GET", "experiments"):
                found = _filtered(self.server.experiments.values(), query)
                return api.V2beta1ListExperimentsResponse(experiments=found or None, total_size=len(found))
            case ("POST", "experiments"):
                return self._keep(
                    self.server.experiments, _parsed(api.V2beta1Experiment, body), "experiment_id"
                )
            case ("POST", "runs"):
                return self._run(_parsed(api.V2beta1Run, body))
            case ("GET", "runs"):
                return self._list_runs(query)
            case ("GET", "runs", run):
                return _known(self.server.runs, run)
            case ("POST", "recurringruns"):
                made = _parsed(api.V2beta1RecurringRun, body)
                made.status = "ENABLED" if made.mode == "ENABLE" else "DISABLED"
                self._check(made.pipeline_version_reference)
                return self._keep(self.server.recurring, made, "recurring_run_id")
            case ("GET", "recurringruns"):
                return self._list_recurring(query)
            case ("POST", "recurringruns", asked):
                name, _, verb = asked.partition(":")
                _known(self.server.recurring, name).status = {"disable": "DISABLED", "enable": "ENABLED"}[
                    verb
                ]
                return {}
        raise RefusedError(404, f"no such method: {self.command} {'/'.join(path)}")

    def _make_pipeline(self, wanted: api.V2beta1Pipeline) -> api.V2beta1Pipeline:
        if any(one.display_name == wanted.display_name for one in self.server.pipelines.values()):
            raise RefusedError(409, f"the name {wanted.display_name} already exists")
        return self._keep(self.server.pipelines, wanted, "pipeline_id")

    def _upload(self, query: dict[str, str], body: bytes) -> api.V2beta1PipelineVersion:
        _known(self.server.pipelines, query["pipelineid"])
        if any(one.display_name == query["name"] for one in self.server.versions.values()):
            raise RefusedError(409, f"the name {query['name']} already exists")
        if b"deploymentSpec" not in body:
            raise RefusedError(400, "not a pipeline")
        made = api.V2beta1PipelineVersion(pipeline_id=query["pipelineid"], display_name=query["name"])
        return self._keep(self.server.versions, made, "pipeline_version_id")

    def _run(self, wanted: api.V2beta1Run) -> api.V2beta1Run:
        self._check(wanted.pipeline_version_reference)
        _known(self.server.experiments, wanted.experiment_id)
        wanted.state = "PENDING"
        return self._keep(self.server.runs, wanted, "run_id")

    def _list_runs(self, query: dict[str, str]) -> api.V2beta1ListRunsResponse:
        held = [one for one in self.server.runs.values() if one.experiment_id == query.get("experiment_id")]
        if query.get("sort_by") == "created_at desc":
            held.sort(key=lambda one: one.created_at, reverse=True)
        start, end = _page(query, self.server.page)
        more = str(end) if end < len(held) else None
        return api.V2beta1ListRunsResponse(runs=held[start:end] or None, next_page_token=more)

    def _check(self, reference: Any) -> None:
        _known(self.server.versions, reference.pipeline_version_id)

    def _list_recurring(self, query: dict[str, str]) -> api.V2beta1ListRecurringRunsResponse:
        held = [
            one for one in self.server.recurring.values() if one.experiment_id == query.get("experiment_id")
        ]
        start, end = _page(query, self.server.page)
        return api.V2beta1ListRecurringRunsResponse(
            recurring_runs=held[start:end] or None, next_page_token=str(end) if end < len(held) else None
        )

    def _keep(self, place: dict[str, Any], made: Any, field: str) -> Any:
        identity = str(uuid.uuid4())
        setattr(made, field, identity)
        made.created_at = datetime.now(UTC)
        place[identity] = made
        return made


def _parsed(kind: type, body: bytes) -> Any:
    """What the client sent, as the server's own model: an unknown field is refused, as the real server does."""
    sent = json.loads(body)
    unknown = set(sent) - set(kind.attribute_map.values())
    if unknown:
        raise RefusedError(400, f"{kind.__name__} has no {', '.join(sorted(unknown))}")

    class Response:
        data = body.decode()

    return api.ApiClient().deserialize(Response, kind.__name__)


def _filtered(held: Any, query: dict[str, str]) -> list[Any]:
    predicates = json.loads(query["filter"])["predicates"] if query.get("filter") else []
    return [
        one for one in held if all(getattr(one, rule["key"]) == rule["stringValue"] for rule in predicates)
    ]


def _page(query: dict[str, str], length: int) -> tuple[int, int]:
    start = int(query.get("page_token") or 0)
    return start, start + length


def _known(place: dict[str, Any], identity: str) -> Any:
    if identity not in place:
        raise RefusedError(404, f"{identity} not found")
    return place[identity]


def serve() -> KfpServer:
    """A server that answers until it is shut down."""
    server = KfpServer()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
