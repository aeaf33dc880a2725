"""HTTP by hand: what no client library would send."""

from __future__ import annotations

import base64
import os
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Lines = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the head and as much of the body as there was."""

    status: int
    head: str
    body: str

    def header(self, name: str) -> str | None:
        """A header's value, the first one where there are several."""
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None


def dial(url: str, source: str | None = None, context: ssl.SSLContext | None = None) -> socket.socket:
    """A connection to a daemon, from an address of this computer, encrypted where there is a context."""
    place = urlsplit(url)
    assert place.hostname and place.port
    line = socket.create_connection((place.hostname, place.port), 20, (source, 0) if source else None)
    return context.wrap_socket(line, server_hostname="localhost") if context else line


def head(method: str, path: str, lines: Lines) -> bytes:
    """A request's head. Header values may be anything, one byte per character."""
    return f"{method} {path} HTTP/1.1\r\n{''.join(f'{n}: {v}{chr(13)}{chr(10)}' for n, v in lines)}\r\n".encode("latin-1")


def ask(url: str, method: str, path: str, lines: Lines = (), body: bytes = b"", **more: Any) -> Answer:
    """One request on a connection of its own. `Host` is only sent if it stands in `lines`."""
    with dial(url, **more) as line:
        closing = [("Connection", "close")] + ([("Content-Length", str(len(body)))] if body else [])
        line.sendall(head(method, path, [*lines, *closing]) + body)
        return read(line)


def shake_hands(url: str, path: str, lines: Lines = (), **more: Any) -> Answer:
    """The answer to a WebSocket handshake; the connection ends with it."""
    with dial(url, **more) as line:
        line.sendall(head("GET", path, [*lines, *upgrade()]))
        return read(line, to_the_end=False)


def upgrade() -> list[tuple[str, str]]:
    """The headers of a WebSocket handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    return [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", "13"),
    ]


def read(line: socket.socket, to_the_end: bool = True) -> Answer:
    """An answer, up to the end of the connection or of its head."""
    data = b""
    while to_the_end or b"\r\n\r\n" not in data:
        try:
            piece = line.recv(65_536)
        except ConnectionResetError:
            break
        if not piece:
            break
        data += piece
    text = data.decode("utf-8", errors="replace")
    answered, _, body = text.partition("\r\n\r\n")
    words = answered.split(" ", 2)
    return Answer(int(words[1]) if len(words) > 1 and words[1].isdigit() else 0, answered, body)
