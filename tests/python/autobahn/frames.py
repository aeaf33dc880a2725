"""Frames as RFC 6455 has them, right and wrong."""

from __future__ import annotations

import os

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """One masked frame."""
    head = bytes([fin << 7 | rsv << 4 | opcode]) + _length(len(payload))
    mask = os.urandom(4)
    stretched = (mask * (len(payload) // 4 + 1))[: len(payload)]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(stretched, "big")
    return head + mask + masked.to_bytes(len(payload), "big")


def head_only(opcode: int, length: int) -> bytes:
    """The head of a frame that announces `length` bytes, and nothing of them."""
    return bytes([0x80 | opcode]) + _length(length) + b"\0\0\0\0"


def fragments(payload: bytes, size: int, opcode: int = TEXT) -> bytes:
    """One message in frames of `size` bytes."""
    pieces = [payload[at : at + size] for at in range(0, len(payload), size)]
    last = len(pieces) - 1
    return b"".join(frame(CONTINUATION if n else opcode, piece, fin=n == last) for n, piece in enumerate(pieces))


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    """A close frame; without a code it has only the reason in it."""
    return frame(CLOSE, (b"" if code is None else code.to_bytes(2, "big")) + reason)


def _length(length: int) -> bytes:
    if length < 126:
        return bytes([0x80 | length])
    if length < 1 << 16:
        return bytes([0x80 | 126]) + length.to_bytes(2, "big")
    return bytes([0x80 | 127]) + length.to_bytes(8, "big")
