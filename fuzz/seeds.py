"""Writes the beginnings of the corpus from what the repository holds anyway: golden frames and journals, example machines.

python3 fuzz/seeds.py
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "fuzz" / "corpus"

#: In the order of `KINDS` in the target.
RECORDS = {
    "reading": 6, "mark": 7, "unmark": 8, "session": 9, "alarm": 10, "settled": 11, "connection": 12, "safety": 13,
    "lease": 14, "fault": 15, "channels": 16,
}  # fmt: skip

#: Length, checksum, kind and stamp of a golden record.
FRAME_HEAD_BYTES = 33


def crc16(frame: bytes) -> bytes:
    """The checksum of Modbus RTU."""
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def modbus_replies() -> Iterator[bytes]:
    """Right answers to each request of the target, an exception, and one that is cut short."""
    answers = [
        bytes([1, 2, 0xFF, 1]),
        bytes([2, 1, 1]),
        bytes([3, 4, 1, 2, 3, 4]),
        bytes([4, 250]) + bytes(250),
        bytes([5, 0, 3, 0xFF, 0]),
        bytes([6, 0, 3, 0xBE, 0xEF]),
        bytes([16, 0, 3, 0, 2]),
        bytes([3, 2, 7, 8]),
    ]
    for choice, pdu in enumerate(answers):
        for said in (pdu, bytes([pdu[0] | 0x80, 2]), pdu[:-1]):
            yield bytes([choice]) + bytes([0, 0, 0, 0, 0, len(said) + 1, 1]) + said
            yield bytes([choice | 8, 1]) + said + crc16(bytes([1]) + said)


def client_frames() -> Iterator[bytes]:
    """What the golden frames say that clients send."""
    for path in sorted((ROOT / "tests" / "wire").glob("*/client-*.json")):
        golden = json.loads(path.read_text())
        said = golden.get("text", golden.get("frame"))
        yield (said if isinstance(said, str) else json.dumps(said)).encode()


def journal_segment() -> Iterator[bytes]:
    """The golden journal, and each golden record."""
    golden = ROOT / "tests" / "wire" / "journal"
    yield b"\0" + (golden / "sealed.jnl").read_bytes()
    for name, kind in RECORDS.items():
        lines = (golden / f"{name}.hex").read_text().splitlines()
        body = bytes.fromhex("".join(line for line in lines if not line.startswith("#")))[FRAME_HEAD_BYTES:]
        yield b"\1" + bytes([kind]) + len(body).to_bytes(2, "little") + body


def machine_config() -> Iterator[bytes]:
    """The example machines."""
    for path in sorted((ROOT / "etc").rglob("*.toml")):
        document = tomllib.loads(path.read_text())
        for machine in document.get("machines", [document] if "driver" in document else []):
            yield json.dumps(machine, default=str).encode()


def main() -> None:
    for seeds in (modbus_replies, client_frames, journal_segment, machine_config):
        place = CORPUS / seeds.__name__
        place.mkdir(parents=True, exist_ok=True)
        for seed in seeds():
            (place / hashlib.sha1(seed).hexdigest()[:16]).write_bytes(seed)


if __name__ == "__main__":
    main()
