"""The peer itself: the curve has the shape it promises, and the Modbus machine plays it on both lines."""

from __future__ import annotations

import time

import pytest
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.client.base import ModbusBaseSyncClient

from roast_curve import COOLING_S, ROAST_S, RoastCurve
from roast_player import BAUD, BT_HOLDING, BURNER_HOLDING, BURNER_MIRROR_INPUT, DRUM_COIL, ET_INPUT, RoastPlayer


def client_of(player: RoastPlayer) -> ModbusBaseSyncClient:
    driver = player.driver()
    if player.transport == "tcp":
        return ModbusTcpClient(driver["host"], port=driver["port"])
    return ModbusSerialClient(driver["port"], baudrate=BAUD)


def test_the_curve_is_a_believable_roast() -> None:
    curve = RoastCurve()
    truth = curve.truth
    assert curve.at(-5).bt == curve.at(truth.charge_s - 1).bt == 200.0
    assert 60 < truth.turning_point_s - truth.charge_s < 90
    assert 70 < curve.at(truth.turning_point_s).bt < 100
    assert truth.drop_s - truth.charge_s == ROAST_S > 7 * 60
    assert 200 < curve.at(truth.drop_s).bt < 210
    falling = [curve.at(truth.drop_s + step).bt for step in range(2, int(COOLING_S))]
    assert falling == sorted(falling, reverse=True)
    rising = [curve.at(truth.turning_point_s + step).bt for step in range(5, 480)]
    assert rising == sorted(rising)
    assert truth.end_s == truth.drop_s + COOLING_S


@pytest.mark.parametrize("transport", ["tcp", "rtu"])
def test_the_machine_plays_and_obeys(transport: str) -> None:
    with RoastPlayer(transport, RoastCurve(), 600.0) as player:
        client = client_of(player)
        assert client.connect()
        assert client.read_holding_registers(BT_HOLDING, count=1).registers == [2000]
        assert client.read_input_registers(ET_INPUT, count=1).registers == [2300]
        assert client.read_holding_registers(BT_HOLDING, count=2).isError(), "a hole in the table is an error"
        before = time.monotonic()
        client.write_register(BURNER_HOLDING, 70)
        assert client.read_input_registers(BURNER_MIRROR_INPUT, count=1).registers == [70]
        (write,) = player.register_writes
        assert before < write.at < time.monotonic()
        client.write_coil(DRUM_COIL, True)
        assert client.read_coils(DRUM_COIL, count=1).bits[0] is True
        player.refuses_writes = True
        assert client.write_register(BURNER_HOLDING, 71).isError()
        player.begin()
        time.sleep(max(0.0, player.moment_of(player.curve.truth.end_s) - time.monotonic()))
        (bt,) = client.read_holding_registers(BT_HOLDING, count=1).registers
        assert bt == round(player.curve.at(player.curve.truth.end_s).bt * 10)
        client.close()
