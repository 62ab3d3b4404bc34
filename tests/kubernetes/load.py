"""Callers of a predictor: they ask without a pause, and remember each answer that was none."""

from __future__ import annotations

import json
import threading
from collections import Counter

import urllib3

from tests.kubernetes.models import ROW


class Callers:
    """Threads that send one row after another to a Service, each on a connection of its own."""

    def __init__(self, address: str, count: int = 2) -> None:
        self._url = f"http://{address}/v1/models/shop:predict"
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, daemon=True) for _ in range(count)]
        self.versions: Counter[str] = Counter()
        self.ids: list[str] = []
        """Of the predictions that were answered."""
        self.failures: list[str] = []

    def __enter__(self) -> Callers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        body = json.dumps({"instances": [ROW]})
        while not self._stop.wait(0.01):
            with urllib3.PoolManager(retries=False, timeout=10.0) as pool:
                try:
                    answer = pool.request("POST", self._url, body=body, headers={"Connection": "close"})
                    told = answer.json()
                    self.ids += [one["id"] for one in told["predictions"]]
                    self.versions[told["model_version"]] += 1
                except (urllib3.exceptions.HTTPError, ValueError, KeyError) as error:
                    self.failures.append(repr(error))
