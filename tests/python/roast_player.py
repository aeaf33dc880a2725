"""A Modbus machine that plays a roast from its registers, over TCP or over a serial line made of two ptys.

Registers: BT holding 0 and ET input 3 (signed, tenths of °C), burner holding 100 (whole %), mirrored in input 20,
drum coil 4. Everything else inside the tables answers `illegal address`, as a real device does.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
import time
import tty
from dataclasses import dataclass
from typing import Any

from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from roast_curve import RoastCurve

BT_HOLDING = 0
ET_INPUT = 3
BURNER_HOLDING = 100
BURNER_MIRROR_INPUT = 20
DRUM_COIL = 4

READ_COILS, READ_HOLDING, READ_INPUT = 1, 3, 4
WRITE_REGISTERS, WRITE_COILS = (6, 16), (5, 15)
BAUD = 115_200


@dataclass(frozen=True)
class Write:
    """A value that reached a register, and when (monotonic clock), before the answer to it was sent."""

    at: float
    address: int
    value: int


class RoastPlayer:
    """One machine on one line. `pace` = seconds of roast per second of real time."""

    def __init__(self, transport: str, curve: RoastCurve, pace: float) -> None:
        assert transport in ("tcp", "rtu")
        self.transport = transport
        self.curve = curve
        self.pace = pace
        self.reads = 0
        self.connections = 0
        self.register_writes: list[Write] = []
        self.coil_writes: list[Write] = []
        self.refuses_reads = False
        self.refuses_writes = False
        self.answer_delay_s = 0.0
        self._begun: float | None = None
        self._begun_wall = 0.0
        self._burner = 0
        self._port = 0
        self._serial = SerialLine() if transport == "rtu" else None
        self._loop = asyncio.new_event_loop()
        self._server: Any = None
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"player {transport}", daemon=True)

    def __enter__(self) -> RoastPlayer:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self.vanish()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
        if self._serial:
            self._serial.close()

    def driver(self) -> dict[str, Any]:
        """The driver part of a machine configuration that reaches this machine."""
        if self._serial:
            return {
                "type": "modbus_rtu",
                "port": self._serial.daemon_end,
                "baud": BAUD,
                "data_bits": 8,
                "parity": "none",
                "stop_bits": 1,
                "unit_id": 1,
                "timeout_ms": 400,
            }
        return {"type": "modbus_tcp", "host": "127.0.0.1", "port": self._port, "unit_id": 1, "timeout_ms": 400}

    def begin(self) -> None:
        """Lets the roast run from here; until then the drum is preheated and steady."""
        self._begun_wall, self._begun = time.time(), time.monotonic()

    @property
    def position_s(self) -> float:
        """Where the roast is. Unit: s of roast; 0 before the begin."""
        return 0.0 if self._begun is None else (time.monotonic() - self._begun) * self.pace

    def moment_of(self, roast_s: float) -> float:
        """When the play reaches a point of the roast, on the monotonic clock."""
        assert self._begun is not None, "the play has not begun"
        return self._begun + roast_s / self.pace

    def wall_of(self, roast_s: float) -> float:
        """When the play reaches a point of the roast. Unit: s since the epoch."""
        return self._begun_wall + roast_s / self.pace

    def vanish(self) -> None:
        """Takes the device off the line: connections break, new ones are refused."""
        if self._server is not None:
            self._call(self._server.shutdown())
            self._server = None

    def come_back(self) -> None:
        """Puts the device back where it was."""
        self._call(self._listen())

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._serial:
            self._server = ModbusSerialServer(
                self._device(), framer=FramerType.RTU, port=self._serial.device_end, baudrate=BAUD
            )
            await self._server.serve_forever(background=True)
            return
        self._server = ModbusTcpServer(
            self._device(), address=("127.0.0.1", self._port), trace_connect=self._count_connection
        )
        await self._server.serve_forever(background=True)
        self._port = self._server.transport.sockets[0].getsockname()[1]

    def _count_connection(self, opened: bool) -> None:
        self.connections += opened

    def _device(self) -> SimDevice:
        coils = [SimData(0, count=16, values=False, datatype=DataType.BITS)]
        discretes = [SimData(0, count=16, values=False, datatype=DataType.BITS)]
        holding = [
            SimData(BT_HOLDING, values=0, datatype=DataType.REGISTERS),
            SimData(BURNER_HOLDING, values=self._burner, datatype=DataType.REGISTERS),
        ]
        inputs = [SimData(0, count=BURNER_MIRROR_INPUT + 1, values=0, datatype=DataType.REGISTERS)]
        return SimDevice(id=1, simdata=(coils, discretes, holding, inputs), action=self._access)

    async def _access(
        self,
        function: int,
        first: int,
        address: int,
        count: int,
        registers: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if self.answer_delay_s:
            await asyncio.sleep(self.answer_delay_s)
        if values is not None:
            return self._write(function, address, values)
        self.reads += 1
        if self.refuses_reads:
            return ExcCodes.DEVICE_FAILURE
        point = self.curve.at(self.position_s)
        if function == READ_HOLDING and address <= BT_HOLDING < address + count:
            registers[BT_HOLDING - first] = _tenths(point.bt)
        if function == READ_INPUT:
            registers[ET_INPUT - first] = _tenths(point.et)
            registers[BURNER_MIRROR_INPUT - first] = self._burner
        return None

    def _write(self, function: int, address: int, values: list[int] | list[bool]) -> ExcCodes | None:
        if self.refuses_writes:
            return ExcCodes.DEVICE_FAILURE
        book = self.register_writes if function in WRITE_REGISTERS else self.coil_writes
        for offset, value in enumerate(values):
            if function in WRITE_REGISTERS and address + offset == BURNER_HOLDING:
                self._burner = int(value)
            book.append(Write(time.monotonic(), address + offset, int(value)))
        return None


def _tenths(celsius: float) -> int:
    """Tenths of a degree as a signed 16-bit register."""
    return round(celsius * 10) & 0xFFFF


class SerialLine:
    """Two ptys joined back to back: what one end writes, the other reads, as over a cable."""

    def __init__(self) -> None:
        self._near, self._near_slave = os.openpty()
        self._far, self._far_slave = os.openpty()
        for slave in (self._near_slave, self._far_slave):
            tty.setraw(slave)
        self.daemon_end = os.ttyname(self._near_slave)
        self.device_end = os.ttyname(self._far_slave)
        self._wake_reader, self._wake_writer = os.pipe()
        self._bridge = threading.Thread(target=self._carry, name="serial line", daemon=True)
        self._bridge.start()

    def close(self) -> None:
        """Pulls the cable for good."""
        os.write(self._wake_writer, b".")
        self._bridge.join(5)
        for handle in (
            self._near,
            self._near_slave,
            self._far,
            self._far_slave,
            self._wake_reader,
            self._wake_writer,
        ):
            os.close(handle)

    def _carry(self) -> None:
        across = {self._near: self._far, self._far: self._near}
        while True:
            ready, _, _ = select.select([*across, self._wake_reader], [], [])
            if self._wake_reader in ready:
                return
            for end in ready:
                os.write(across[end], os.read(end, 4096))
