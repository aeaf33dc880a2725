"""A live socket that remembers every frame with its time of arrival, and waits for frames by condition."""

from __future__ import annotations

import contextlib
import json
import socket as sockets
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from waiting import Overdue


@dataclass(frozen=True)
class Frame:
    """One frame: its position on this socket, when it came (monotonic clock), and what it said."""

    index: int
    at: float
    data: dict[str, Any]

    @property
    def type(self) -> str:
        return self.data["type"]

    @property
    def seq(self) -> int | None:
        return self.data.get("seq")

    def __getitem__(self, key: str) -> Any:
        return self.data[key]


class LiveSocket:
    """A client of one machine. A thread reads, so pings are answered and nothing waits for the test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.frames: list[Frame] = []
        self.close_code: int | None = None
        self.close_reason = ""
        self._changed = threading.Condition()
        self._open = ExitStack()
        self._connection: ClientConnection = self._open.enter_context(
            connect(url, ping_interval=None, proxy=None, max_size=None, open_timeout=15, close_timeout=5)
        )
        self._reader = threading.Thread(target=self._read, name=f"reader of {url}", daemon=True)
        self._reader.start()

    @classmethod
    def of(cls, base: str, machine: str, **query: str) -> LiveSocket:
        """A socket on a machine's live path."""
        suffix = f"?{urlencode(query)}" if query else ""
        return cls(f"{base.replace('http', 'ws', 1)}/ws/live/{machine}{suffix}")

    # Sending

    def send(self, **message: Any) -> int:
        """Sends one message; the position from which its answers are to be looked for."""
        return self.send_text(json.dumps(message))

    def command(self, action: str, **more: Any) -> int:
        """Sends a `command`."""
        return self.send(type="command", action=action, **more)

    def send_text(self, text: str) -> int:
        """Sends any text."""
        here = self.here()
        self._connection.send(text)
        return here

    def send_bytes(self, data: bytes) -> None:
        """Sends a binary frame."""
        self._connection.send(data)

    def send_fragments(self, pieces: list[str]) -> None:
        """Sends one text message in pieces, as far as the daemon takes it."""
        with contextlib.suppress(ConnectionClosed):
            self._connection.send(iter(pieces))

    def ping(self, within: float = 5.0) -> bool:
        """Whether the daemon answers a ping."""
        return self._connection.ping().wait(within)

    # Looking

    def here(self) -> int:
        """The position after the last frame so far."""
        with self._changed:
            return len(self.frames)

    def since(self, position: int) -> list[Frame]:
        """The frames from a position on."""
        with self._changed:
            return self.frames[position:]

    def of_type(self, kind: str, since: int = 0) -> list[Frame]:
        """The frames of one type from a position on."""
        return [frame for frame in self.since(since) if frame.type == kind]

    def wait_for(
        self,
        kind: str | None = None,
        where: Callable[[Frame], Any] | None = None,
        *,
        since: int = 0,
        within: float = 15.0,
        **equal: Any,
    ) -> Frame:
        """The first frame from `since` on of type `kind` whose fields are `equal` and that satisfies `where`."""

        def wanted(frame: Frame) -> bool:
            return (
                (kind is None or frame.data.get("type") == kind)
                and all(frame.data.get(key) == value for key, value in equal.items())
                and (where is None or bool(where(frame)))
            )

        deadline = time.monotonic() + within
        position = since
        with self._changed:
            while True:
                for frame in self.frames[position:]:
                    if wanted(frame):
                        return frame
                position = max(position, len(self.frames))
                left = deadline - time.monotonic()
                if left <= 0 or (self.close_code is not None and position == len(self.frames)):
                    raise Overdue(self._complaint(kind, equal, since, within))
                self._changed.wait(left)

    def wait_closed(self, within: float = 15.0) -> int:
        """The close code, once the daemon has closed the socket."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.close_code is not None, within):
                raise Overdue(f"waited {within:g} s for the daemon to close the socket; it is still open")
        assert self.close_code is not None
        return self.close_code

    def assert_open(self) -> None:
        """Proves with a round trip that the socket still works: an unknown action gets its own answer."""
        mark = self.command("are-you-there", request_id="are-you-there")
        self.wait_for("error", since=mark, request_id="are-you-there")

    # Ending

    def abort(self) -> None:
        """Cuts the line as a pulled cable would: no close frame, nothing more is read."""
        raw = self._connection.socket
        with suppress(OSError):
            raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
            raw.shutdown(sockets.SHUT_RDWR)
        self._open.close()
        self._reader.join(5)

    def close(self) -> None:
        """Closes politely, if it is not closed yet."""
        self._open.close()
        self._reader.join(5)

    def _read(self) -> None:
        try:
            for text in self._texts():
                arrived = time.monotonic()
                with self._changed:
                    self.frames.append(Frame(len(self.frames), arrived, _strict_json(text)))
                    self._changed.notify_all()
        except ConnectionClosed as closed:
            with self._changed:
                self.close_code = closed.rcvd.code if closed.rcvd else 1006
                self.close_reason = closed.rcvd.reason if closed.rcvd else ""
                self._changed.notify_all()

    def _texts(self) -> Iterator[str]:
        while True:
            text = self._connection.recv()
            assert isinstance(text, str), "the contract knows text frames only"
            yield text

    def _complaint(self, kind: str | None, equal: dict[str, Any], since: int, within: float) -> str:
        wanted = " ".join([kind or "frame", *(f"{key}={value!r}" for key, value in equal.items())])
        seen = [frame.data for frame in self.frames[since:]]
        shown = "\n  ".join(json.dumps(data) for data in seen[-8:]) or "nothing"
        state = f"closed with {self.close_code} {self.close_reason}" if self.close_code is not None else "open"
        return f"waited {within:g} s for {wanted}; the socket is {state}; {len(seen)} frames came, the last:\n  {shown}"


def _strict_json(text: str) -> dict[str, Any]:
    """One frame. NaN and Infinity are no JSON and fail here."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON: {text}")

    return json.loads(text, parse_constant=refuse)
