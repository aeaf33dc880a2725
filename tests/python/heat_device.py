"""A Modbus TCP device that keeps a log of every register write: when (monotonic clock), where, what.

A burner on holding 100, BT on holding 0, ET on holding 1, both in tenths of a degree. Threads and plain sockets, so that the log's
times are those of the bytes and not of an event loop that is busy.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import dropwhile
from typing import Any

from machines import burner
from waiting import wait_until

BT, ET, BURNER = 0, 1, 100
READ_HOLDING, WRITE_ONE, WRITE_MANY = 3, 6, 16
DEVICE_FAILURE, ILLEGAL_FUNCTION = 4, 1


@dataclass(frozen=True)
class Write:
    """A value that reached a register, logged before it was confirmed."""

    at: float
    address: int
    value: int


class HeatDevice:
    """The device. It keeps its port while it is away, as a device keeps its address."""

    def __init__(self) -> None:
        self.registers = {BT: 2000, ET: 2100, BURNER: 0}
        #: Registers whose reading fails, as of a sensor that was torn off.
        self.broken: set[int] = set()
        #: Whether writes are refused.
        self.refuses = False
        self.writes: list[Write] = []
        self.read_good_at = 0.0
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._lines: set[socket.socket] = set()
        self.port = 0

    def __enter__(self) -> HeatDevice:
        self.come_back()
        return self

    def __exit__(self, *_: object) -> None:
        self.vanish()

    def driver(self) -> dict[str, Any]:
        """The driver part of a machine that is this device."""
        return {"type": "modbus_tcp", "host": "127.0.0.1", "port": self.port, "unit_id": 1, "timeout_ms": 400}

    def machine(self, machine: str = "gas", **more: Any) -> dict[str, Any]:
        """A roaster on this device that may be left alone, unless `more` says otherwise."""
        sensors = [
            {
                "id": role,
                "role": role,
                "kind": "sensor",
                "unit": "celsius",
                "source": {"register": "holding", "address": address, "type": "i16", "divisor": 10},
            }
            for role, address in (("bt", BT), ("et", ET))
        ]
        return {
            "id": machine,
            "name": "Gas",
            "kind": "roaster",
            "autoconnect": True,
            "sampling_interval_ms": 1000,
            # Each register is asked for by itself, so that one that is broken is missed alone.
            "driver": {**self.driver(), "max_gap": 0, "max_registers": 2},
            "channels": [*sensors, burner(BURNER, mirror=None)],
            "safety": {"operator_loss_ms": 0},
            **more,
        }

    def vanish(self) -> None:
        """Cuts every line and refuses new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            lines, self._lines = self._lines, set()
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def come_back(self) -> None:
        """Listens again, where it did before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(16)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="heat device", daemon=True).start()

    def here(self) -> int:
        """The position after the last write so far."""
        return len(self.writes)

    def since(self, position: int) -> list[Write]:
        """The writes to the burner from a position on."""
        return [write for write in self.writes[position:] if write.address == BURNER]

    def changes(self, position: int, value: int) -> list[Write]:
        """The same, but for `value` being written again until something else is: heat that is on is refreshed."""
        return list(dropwhile(lambda write: write.value == value, self.since(position)))

    def wait_for_write(self, position: int, value: int, within: float = 15.0) -> Write:
        """The first write of `value` to the burner from a position on."""
        return wait_until(
            lambda: next((write for write in self.since(position) if write.value == value), None),
            f"a write of {value} to the burner",
            within,
        )

    def wait_for_change(self, position: int, value: int, within: float = 15.0) -> Write:
        """The first write to the burner from a position on that is not `value` again."""
        return wait_until(
            lambda: next(iter(self.changes(position, value)), None), f"something else than {value} at the burner", within
        )

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._lines.add(line)
            threading.Thread(target=self._serve, args=(line,), name="heat line", daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError):
            while header := _exactly(line, 7):
                number, _, length, unit = struct.unpack(">HHHB", header)
                request = _exactly(line, length - 1)
                answer = self._answer(request)
                line.sendall(struct.pack(">HHHB", number, 0, len(answer) + 1, unit) + answer)
        with self._lock:
            self._lines.discard(line)
        line.close()

    def _answer(self, request: bytes) -> bytes:
        arrived = time.monotonic()
        function = request[0]
        if function == READ_HOLDING:
            first, count = struct.unpack(">HH", request[1:5])
            asked = range(first, first + count)
            if self.broken & set(asked):
                return bytes([function | 0x80, DEVICE_FAILURE])
            if BT in asked:
                self.read_good_at = arrived
            values = [self.registers.get(address, 0) for address in asked]
            return struct.pack(f">BB{count}H", function, 2 * count, *values)
        if function in (WRITE_ONE, WRITE_MANY) and self.refuses:
            return bytes([function | 0x80, DEVICE_FAILURE])
        if function == WRITE_ONE:
            address, value = struct.unpack(">HH", request[1:5])
            self._store(arrived, address, [value])
            return request
        if function == WRITE_MANY:
            address, count = struct.unpack(">HH", request[1:5])
            self._store(arrived, address, list(struct.unpack(f">{count}H", request[6:])))
            return request[:5]
        return bytes([function | 0x80, ILLEGAL_FUNCTION])

    def _store(self, arrived: float, address: int, values: list[int]) -> None:
        with self._lock:
            for offset, value in enumerate(values):
                self.registers[address + offset] = value
                self.writes.append(Write(arrived, address + offset, value))


def _exactly(line: socket.socket, count: int) -> bytes:
    """So many bytes, or none when the line ends."""
    data = b""
    while len(data) < count:
        more = line.recv(count - len(data))
        if not more:
            return b""
        data += more
    return data
