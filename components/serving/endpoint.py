"""The predictor's REST endpoint, seen from a client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from components.contracts.errors import RolloutError
from components.contracts.release import Release
from components.serving.replay import REPLAY_HEADER


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str

    @property
    def ok(self) -> bool:
        """Whether the request was accepted."""
        return self.status == 200

    def value(self) -> Any:
        """The JSON of the answer."""
        return json.loads(self.text)

    def predictions(self) -> Sequence[Mapping[str, Any]]:
        """The prediction of each row, of an accepted request."""
        return tuple(self.value()["predictions"])

    def problems(self) -> str:
        """What is wrong with the one row of a request that was refused."""
        try:
            told = [f"{one['field']!r} {one['problem']}" for one in self.value()["problems"]]
        except (ValueError, KeyError, TypeError):
            return self.error()
        return "; ".join(told)

    def error(self) -> str:
        """Why the request was refused, as the server tells it."""
        try:
            return str(self.value()["error"])
        except (ValueError, KeyError, TypeError):
            return f"HTTP {self.status} {self.text[:200]}".strip()


class Endpoint:
    """One model at one address, over kept connections."""

    def __init__(self, address: str, model: str, seconds: float = 60.0) -> None:
        self.address = address
        self._model = model
        self._predict = f"/v1/models/{model}:predict"
        # No proxy of the environment stands between this machine and itself.
        self._client = httpx.Client(base_url=address, timeout=seconds, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def ready(self) -> bool:
        """Whether the model answers."""
        try:
            return self._client.get(f"/v2/models/{self._model}/ready").status_code == 200
        except httpx.HTTPError:
            return False

    def send(self, body: bytes) -> Answer:
        """Ask for predictions with a body that may be anything.

        Raises:
            RolloutError: Nothing answers.
        """
        return self._post(self._predict, body)

    def predictions(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """The predictions of rows that are sound, to try the model.

        Raises:
            RolloutError: Nothing answers, or the rows are refused.
        """
        answer = self._post(self._predict, _body(rows), {REPLAY_HEADER: "true"})
        if not answer.ok:
            raise RolloutError(f"{self.address} refuses rows that are sound: {answer.error()}")
        return answer.predictions()

    def version(self) -> str:
        """The version that answers; empty when nothing does."""
        try:
            found = self._client.get(f"/v2/models/{self._model}").json()
            return str(found["versions"][0])
        except (httpx.HTTPError, ValueError, KeyError, IndexError):
            return ""

    def load(self, release: Release) -> None:
        """Have the predictor load a release beside the one that serves, and then answer with it.

        Raises:
            RolloutError: It does not load; what served before serves on.
        """
        body = json.dumps({"parameters": {"config": release.model_dump_json()}}).encode()
        answer = self._post(f"/v2/repository/models/{self._model}/load", body)
        if not answer.ok:
            raise RolloutError(answer.error())

    def predict(self, rows: Sequence[Mapping[str, Any]], name: str = "") -> Answer:
        """Ask for the predictions of rows.

        Args:
            rows: Each as its columns.
            name: The request's id, which those of its predictions begin with; the predictor's choice when empty.

        Raises:
            RolloutError: Nothing answers.
        """
        return self.send(_body(rows, name))

    def _post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        told = {"content-type": "application/json", **(headers or {})}
        try:
            got = self._client.post(path, content=body, headers=told)
        except httpx.HTTPError as error:
            raise RolloutError(
                f"{self.address} does not answer: {error or type(error).__name__}; `evergreen serve status` says more"
            ) from error
        return Answer(got.status_code, got.text)


def _body(rows: Sequence[Mapping[str, Any]], name: str = "") -> bytes:
    return json.dumps({"instances": list(rows), **({"id": name} if name else {})}).encode()
