"""A look at a machine that is being set up: what it would read, and in plain words why it would not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conftest import StartHearth
from machines import modbus, sensor
from roast_curve import RoastCurve
from roast_player import BT_HOLDING, RoastPlayer


def probe(rest: httpx.Client, machine: dict[str, Any]) -> dict[str, Any]:
    answer = rest.post("/api/probe", json=machine, timeout=20.0)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("transport", ["tcp", "rtu"])
def test_every_value_is_told_raw_and_scaled_and_nothing_is_written(start_hearth: StartHearth, transport: str) -> None:
    rest = start_hearth().rest
    with RoastPlayer(transport, RoastCurve(), 1) as device:
        view = probe(rest, modbus("drum", device.driver()))
        assert view["reached"] and view["round_trip_ms"] > 0, view
        values = {value["pointer"]: value for value in view["values"]}
        bt = values["/channels/0/source"]
        assert bt["value"] == pytest.approx(bt["raw"] / 10) and bt["unit"] == "celsius"
        assert values["/channels/2/readback"]["fault"] is None
        assert (device.register_writes, device.coil_writes) == ([], [])
    assert rest.get("/api/machines").json() == []


@pytest.mark.parametrize("transport", ["tcp", "rtu"])
def test_a_wrong_address_and_a_wrong_unit_are_told_at_their_channel(start_hearth: StartHearth, transport: str) -> None:
    rest = start_hearth().rest
    source = {"register": "holding", "address": BT_HOLDING, "type": "i16", "divisor": 10}
    with RoastPlayer(transport, RoastCurve(), 1) as device:
        channels = [sensor("bt", source), sensor("odd", {**source, "address": 60_000}), sensor("far", {**source, "unit_id": 77})]
        view = probe(rest, {"driver": {**device.driver(), "timeout_ms": 300}, "channels": channels})
        good, odd, far = view["values"]
        assert view["reached"] and good["fault"] is None
        assert "addresses count from 0" in odd["fault"]["hint"]
        assert far["value"] is None and far["fault"]["hint"], far


def test_a_line_in_use_is_read_in_turns_with_the_machine_that_has_it(start_hearth: StartHearth) -> None:
    with RoastPlayer("rtu", RoastCurve(), 1) as device:
        rest = start_hearth(machines=[modbus("drum", device.driver())]).rest
        assert rest.post("/api/machines/drum/connect").is_success
        view = probe(rest, modbus("second", device.driver()))
        assert view["reached"] and "Drum drum uses the same link" in view["note"], view
        assert rest.get("/api/machines").json()[0]["driver_state"] == "connected"
        other = probe(rest, modbus("third", {**device.driver(), "baud": 19_200}))
        assert not other["reached"]
        assert "another machine runs this port" in other["fault"]["message"]
