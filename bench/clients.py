"""A client that costs as little as Python lets it, since it shares the cores with the server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Speed:
    """What clients saw."""

    seconds: float
    times: tuple[float, ...]
    """Of each request, in seconds, sorted."""

    @property
    def per_second(self) -> float:
        """Requests per second, all clients together."""
        return len(self.times) / self.seconds

    @property
    def p50_ms(self) -> float:
        """Median, in ms."""
        return self.times[len(self.times) // 2] * 1e3

    @property
    def p99_ms(self) -> float:
        """What 99 % of the requests stay below, in ms."""
        return self.times[int(len(self.times) * 0.99)] * 1e3


def pooled(parts: Sequence[Speed]) -> Speed:
    """Several rounds as one."""
    times = sorted(time for part in parts for time in part.times)
    return Speed(sum(part.seconds for part in parts), tuple(times))


def measure(port: int, path: str, body: bytes, clients: int, requests: int) -> Speed:
    """Send requests from several clients, each over one connection and one after another.

    Raises:
        RuntimeError: An answer is not 200.
    """
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    sent = head.encode() + body
    each = max(requests // clients, 10)
    times: list[list[float]] = [[] for _ in range(clients)]
    failures: list[str] = []

    def run(found: list[float]) -> None:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for _ in range(each):
                    started = time.perf_counter()
                    connection.sendall(sent)
                    _require_ok(connection)
                    found.append(time.perf_counter() - started)
        except Exception as error:
            failures.append(f"{path}: {error}")

    threads = [threading.Thread(target=run, args=(found,)) for found in times]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if failures:
        raise RuntimeError(failures[0])
    return Speed(seconds, tuple(sorted(value for part in times for value in part)))


def _require_ok(connection: socket.socket) -> None:
    got = b""
    while b"\r\n\r\n" not in got:
        part = connection.recv(1 << 16)
        if not part:
            raise RuntimeError("the server closed the connection")
        got += part
    head, _, rest = got.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"{head.decode()} {rest[:500].decode()}")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0].partition(b":")[2]) - len(rest)
    while missing > 0:
        missing -= len(connection.recv(1 << 16))
