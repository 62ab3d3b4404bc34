"""The hot path in front of KServe's application: a request's bytes to an answer's bytes.

KServe's own routes parse a request into models, tables and back, which takes longer than any of our models. Everything that
is not a prediction goes on to KServe's application.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from time import monotonic, perf_counter
from typing import Any

import orjson

from components.serving import metrics
from components.serving.limit import TimeLimit
from components.serving.refusal import Problem, RefusalError
from components.serving.settings import ServingSettings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_PREDICT = re.compile(r"/v1/models/(?P<name>[^/:]+):(?P<verb>predict|explain)")
_INFER = re.compile(r"/v2/models/(?P<name>[^/]+)(?:/versions/(?P<version>[^/]+))?/infer")
_VERSION = re.compile(r"(?P<model>/v2/models/(?P<name>[^/]+))/versions/(?P<version>[^/]+)(?P<rest>/ready)?")
_REPOSITORY = re.compile(r"/v2/repository/models/(?P<name>[^/]+)/(?P<verb>load|unload)")

_JSON = (b"application/json", b"application/octet-stream", b"application/x-www-form-urlencoded")
_LOOPBACK = ("127.0.0.1", "::1")
_CLOSE = {"Connection": "close"}
"""The rest of the request is not read."""

logger = logging.getLogger("evergreen.serving")


class Edge:
    """An ASGI application."""

    def __init__(self, app: Application, predictor: Any, settings: ServingSettings) -> None:
        self._app = app
        self._predictor = predictor
        self._settings = settings
        self._under_way = 0
        metrics.watched(lambda: self._under_way)
        # A path that is looked up is found in a tenth of the time of one that is matched.
        name = predictor.name
        self._usual = {
            f"/v1/models/{name}:predict": ("v1", {"name": name}),
            f"/v2/models/{name}/infer": ("v2", {"name": name}),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if usual := self._usual.get(path):
            await self._guarded(usual[0], self._predict(*usual, scope, receive), send)
        elif (found := _PREDICT.fullmatch(path)) or (found := _INFER.fullmatch(path)):
            protocol = "v1" if found.re is _PREDICT else "v2"
            await self._guarded(protocol, self._predict(protocol, found.groupdict(), scope, receive), send)
        elif found := _REPOSITORY.fullmatch(path):
            await self._guarded("repository", self._repository(found, scope, receive), send)
        elif found := _VERSION.fullmatch(path):
            await self._of_version(found, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _guarded(self, protocol: str, work: Awaitable[bytes], send: Send) -> None:
        """Send what the work gives, or why it gives nothing."""
        started = perf_counter()
        try:
            self._under_way += 1
            status, body, headers = 200, await work, {}
        except RefusalError as error:
            status, body, headers = error.status, orjson.dumps(error.body()), error.headers
            logger.info("refused", extra={"protocol": protocol, "status": status, "reason": str(error)})
        except Exception:
            # A fault of ours: told in the log in full, and to the caller without a traceback.
            logger.exception("failed", extra={"protocol": protocol})
            status, headers = 500, {}
            body = orjson.dumps({"error": "the predictor failed; its log tells why"})
        finally:
            self._under_way -= 1
        metrics.observe(protocol, status, perf_counter() - started)
        await _respond(send, status, body, headers)

    async def _predict(self, protocol: str, path: dict[str, Any], scope: Scope, receive: Receive) -> bytes:
        ends = monotonic() + self._settings.timeout
        _require_post(scope)
        if self._under_way > self._settings.max_requests:
            raise RefusalError(503, "too many requests at the same time", headers={"Retry-After": "1"})
        served = self._predictor.served
        if path["name"] != self._predictor.name:
            raise RefusalError(
                404, "no such model", [Problem("model", f"the model is {self._predictor.name}")]
            )
        if path.get("verb") == "explain":
            raise RefusalError(404, "the model has no explainer")
        if path.get("version") not in (None, served.release.version):
            raise RefusalError(404, f"the version that serves is {served.release.version!r}")
        headers = _headers(scope)
        body = await self._body(headers, receive)
        return bytes(await self._predictor.answer(protocol, body, headers, served, ends))

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        most = self._settings.max_bytes
        if b"upgrade" in headers:  # uvicorn drops the body of such a request
            told = "the request asks for another protocol (Upgrade); send it without, as plain HTTP/1.1"
            raise RefusalError(400, told, headers=_CLOSE)
        if headers.get(b"content-encoding", b"identity") != b"identity":
            raise RefusalError(415, "the request is compressed; send it as it is")
        kind = headers.get(b"content-type", b"application/json").partition(b";")[0].strip().lower()
        if kind not in _JSON:
            raise RefusalError(415, "the request is not application/json")
        if int(headers.get(b"content-length", b"0")) > most:
            raise RefusalError(413, f"the request is too large; send {most} bytes at most", headers=_CLOSE)
        try:
            with TimeLimit(self._settings.timeout):
                return await _received(receive, most)
        except TimeoutError:
            told = f"the request did not arrive in {self._settings.timeout:g} s"
            raise RefusalError(408, told, headers=_CLOSE) from None

    async def _repository(self, found: re.Match[str], scope: Scope, receive: Receive) -> bytes:
        _require_post(scope)
        client = scope.get("client")
        if not self._settings.repository or client is None or client[0] not in _LOOPBACK:
            raise RefusalError(
                403,
                "models are not replaced here: set EVERGREEN_SERVING_REPOSITORY, and call from this machine",
            )
        if found["name"] != self._predictor.name:
            raise RefusalError(
                404, "no such model", [Problem("model", f"the model is {self._predictor.name}")]
            )
        if found["verb"] == "unload":
            raise RefusalError(409, "the only model is not unloaded; stop the predictor instead")
        body = await self._body(_headers(scope), receive)
        return bytes(await self._predictor.replace(body))

    async def _of_version(self, found: re.Match[str], scope: Scope, receive: Receive, send: Send) -> None:
        """KServe's application knows no versions: ask it for the one that serves."""
        if found["version"] != self._predictor.served.release.version:
            body = orjson.dumps({"error": f"no version {found['version']!r} of {found['name']!r} serves"})
            await _respond(send, 404, body, {})
            return
        path = found["model"] + (found["rest"] or "")
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)


def _require_post(scope: Scope) -> None:
    if scope["method"] != "POST":
        raise RefusalError(405, "send a POST request", headers={"Allow": "POST"})


def _headers(scope: Scope) -> dict[bytes, bytes]:
    return dict(scope["headers"])


async def _received(receive: Receive, most: int) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusalError(400, "the caller went away")
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise RefusalError(413, f"the request is too large; send {most} bytes at most", headers=_CLOSE)
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def _respond(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    told = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    told += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})
