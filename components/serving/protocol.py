"""uvicorn's HTTP, which waits for no caller longer than a request may take, and listens to no endless head."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

LONGEST_HEAD = 65_536
"""Bytes of a request's line and headers, beyond those that came with their first; uvicorn itself takes any number."""


class Guarded(HttpToolsProtocol):
    """One connection. What the application cannot limit is limited here: it hears of a request when its head is there."""

    def __init__(self, *, seconds: float, **words: Any) -> None:
        super().__init__(**words)
        self._seconds = seconds
        self._is_in_head = False
        self._head = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the caller its time to begin, and to take what it is sent."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(self._seconds * 1e3))
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._end_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless this head has no end."""
        was_in_head = self._is_in_head
        super().data_received(data)
        if not self._is_in_head or self.transport.is_closing():
            return
        if was_in_head:
            self._head += len(data)
        if self._head > LONGEST_HEAD:
            self._give_up(431)
        elif self._patience is None:
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._is_in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """From here on the application keeps the time."""
        self._is_in_head = False
        self._end_waiting()
        super().on_headers_complete()

    def _wait_for_head(self) -> None:
        self._patience = self.loop.call_later(self._seconds, self._give_up, 408)

    def _end_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self, status: int) -> None:
        self._end_waiting()
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait_for_head()  # a request before this one has still to be answered
            return
        if self._is_in_head:  # who sent nothing at all would take an answer for that to its next request
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
