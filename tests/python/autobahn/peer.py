"""A client that sends what a case says, byte for byte, and writes down what it is told."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .cases import Answers, Case
from .frames import CLOSE, PING, PONG, TEXT, close

#: A case that takes longer hangs.
HANG_S = 60.0


@dataclass
class Heard:
    """What the server told one client."""

    told: list[tuple[int, bytes]] = field(default_factory=list)
    code: int | None = None
    closed: bool = False
    broke: str = ""
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, count: int) -> None:
        """Waits for this many frames, or the end."""
        async with self.news:
            await self.news.wait_for(lambda: len(self.told) >= count or self.closed)


async def play(url: str, case: Case) -> str | None:
    """Plays one case; what was wrong, if anything was."""
    try:
        return await asyncio.wait_for(_play(url, case), HANG_S)
    except TimeoutError:
        return "it hangs"


async def _play(url: str, case: Case) -> str | None:
    reader, writer = await _open(url)
    heard = Heard()
    listening = asyncio.create_task(_listen(reader, heard))
    try:
        for step in case.steps:
            if isinstance(step, Answers):
                await heard.until(step.count)
            else:
                await _send(writer, step, case.chop)
        if case.we_close:
            await heard.until(len(case.expected))
            await _send(writer, close(1000), 0)
    except ConnectionError:
        pass
    await listening
    writer.close()
    return _verdict(case, heard)


def _verdict(case: Case, heard: Heard) -> str | None:
    if heard.broke:
        return heard.broke
    if heard.told != case.expected:
        return f"told {_short(heard.told)} instead of {_short(case.expected)}"
    if heard.code not in case.codes:
        return f"closed with {heard.code} instead of {' or '.join(map(str, case.codes))}"
    return None


def _short(told: list[tuple[int, bytes]]) -> str:
    return repr([(opcode, len(payload), payload[:24]) for opcode, payload in told[:4]])


async def _open(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    at = urlsplit(url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET {at.path} HTTP/1.1\r\nHost: {at.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n".encode()
    )
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101"), answer
    assert b"permessage-deflate" not in answer.lower(), "compression is not offered"
    return reader, writer


async def _send(writer: asyncio.StreamWriter, octets: bytes, chop: int) -> None:
    for at in range(0, len(octets), chop or len(octets)):
        writer.write(octets[at : at + (chop or len(octets))])
        await writer.drain()
        if chop:
            # Lets the piece go out alone.
            await asyncio.sleep(0)


async def _listen(reader: asyncio.StreamReader, heard: Heard) -> None:
    try:
        while True:
            first, second = await reader.readexactly(2)
            length = second & 0x7F
            if length > 125:
                length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
            await _take(heard, first, second & 0x80, await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    async with heard.news:
        heard.closed = True
        heard.news.notify_all()


async def _take(heard: Heard, first: int, masked: int, payload: bytes) -> None:
    opcode = first & 0x0F
    if first & 0xF0 != 0x80 or masked or opcode not in (TEXT, CLOSE, PING, PONG):
        heard.broke = f"a broken frame: {first:#x}, masked {bool(masked)}"
    if heard.code is not None:
        heard.broke = "a frame behind the close"
    if opcode == CLOSE:
        # One without a code is told as what RFC 6455 says it stands for.
        heard.code = int.from_bytes(payload[:2], "big") if payload else 1005
    elif opcode != PING:
        async with heard.news:
            heard.told.append((opcode, payload))
            heard.news.notify_all()
