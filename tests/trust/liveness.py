"""A client that is there but dead: it answers no ping. The daemon pings after 30 s and cuts it after 60 s.

python tests/trust/liveness.py
"""

from __future__ import annotations

import peers_path  # noqa: F401

import base64
import os
import socket
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from hearth_daemon import HearthDaemon
from machines import simulated
from table import Figures

PING = 0x9
CUT_BY_S = 75.0


def open_dead_socket(url: str, machine: str) -> socket.socket:
    """A WebSocket that completed its handshake and will never send another byte."""
    host = urlsplit(url)
    line = socket.create_connection((host.hostname, host.port), timeout=10)
    key = base64.b64encode(os.urandom(16)).decode()
    line.sendall(
        f"GET /ws/live/{machine} HTTP/1.1\r\nHost: {host.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += line.recv(1)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    return line


def frames_until_cut(line: socket.socket) -> tuple[list[tuple[float, int]], float]:
    """Moment and opcode of each frame, and the moment of the end. Unit: s after the call."""
    since = time.monotonic()
    line.settimeout(CUT_BY_S)
    data = b""
    frames: list[tuple[float, int]] = []
    while time.monotonic() - since < CUT_BY_S:
        try:
            piece = line.recv(65_536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            break
        data += piece
        while (size := frame_size(data)) and len(data) >= size:
            frames.append((time.monotonic() - since, data[0] & 0x0F))
            data = data[size:]
    return frames, time.monotonic() - since


def frame_size(data: bytes) -> int:
    """Length of the first frame with its head; 0 while the head is incomplete."""
    if len(data) < 2:
        return 0
    short = data[1] & 0x7F
    extended = {126: 2, 127: 8}.get(short, 0)
    if len(data) < 2 + extended:
        return 0
    return 2 + extended + (int.from_bytes(data[2 : 2 + extended], "big") if extended else short)


def run(home: Path) -> Figures:
    """One dead socket on a machine that has nothing to say."""
    with HearthDaemon(home, machines=[simulated(autoconnect=False)]) as hearth:
        frames, cut_s = frames_until_cut(open_dead_socket(hearth.url, "machine-a"))
    pings = [moment for moment, opcode in frames if opcode == PING]
    assert pings, "no ping came"
    figures = Figures("A client that is there but dead")
    figures.add("first ping", round(pings[0], 1), 31, "s")
    figures.add("cut after", round(cut_s, 1), 65, "s")
    assert cut_s > 55, "a client is given a minute"
    return figures


def main() -> int:
    with tempfile.TemporaryDirectory() as home:
        figures = run(Path(home) / "hearth")
    print(figures)
    return 1 if figures.broken() else 0


if __name__ == "__main__":
    raise SystemExit(main())
