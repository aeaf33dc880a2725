"""Register scans: which registers a device has, as a task that reads and never writes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conftest import StartHearth
from machines import modbus
from roast_curve import RoastCurve
from roast_player import BT_HOLDING, BURNER_HOLDING, RoastPlayer
from waiting import wait_until


def scan(rest: httpx.Client, *args: Any) -> dict[str, Any]:
    answer = rest.post("/api/tasks/modbus_scan", json={"args": args})
    assert answer.status_code == 202, answer.text

    def look() -> dict[str, Any] | None:
        now = rest.get(f"/api/tasks/{answer.json()['id']}").json()
        return now if now["completed_at"] else None

    return wait_until(look, "the end of the scan", 60.0)


@pytest.mark.parametrize("transport", ["tcp", "rtu"])
def test_a_register_scan_finds_what_a_device_has_and_writes_nothing(start_hearth: StartHearth, transport: str) -> None:
    rest = start_hearth().rest
    with RoastPlayer(transport, RoastCurve(), 1) as device:
        done = scan(rest, device.driver(), "holding", 0, 120)
        assert done["status"] == "completed", done
        found = {item["from"]: item["values"] for item in done["result"]["ranges"]}
        assert set(found) == {BT_HOLDING, BURNER_HOLDING}
        assert [(gap["from"], gap["to"]) for gap in done["result"]["errors"]] == [(1, 99), (101, 120)]
        bits = scan(rest, device.driver(), "coil", 0, 15)["result"]
        assert (bits["table"], bits["ranges"], bits["errors"]) == ("coil", [{"from": 0, "values": [0] * 16}], [])
        assert (device.register_writes, device.coil_writes) == ([], [])


def test_a_line_that_a_connected_machine_uses_is_left_alone(start_hearth: StartHearth) -> None:
    with RoastPlayer("rtu", RoastCurve(), 1) as device:
        rest = start_hearth(machines=[modbus("drum", device.driver())]).rest
        assert rest.post("/api/machines/drum/connect").is_success
        refused = scan(rest, device.driver(), "holding", 0, 1)
        assert refused["status"] == "error"
        assert "a connected machine uses this line" in refused["error"]
        assert rest.post("/api/machines/drum/disconnect").is_success
        assert scan(rest, device.driver(), "holding", 0, 1)["status"] == "completed"
        assert rest.post("/api/machines/drum/connect").is_success


def test_a_device_that_is_not_there_is_told(start_hearth: StartHearth) -> None:
    rest = start_hearth().rest
    gone = scan(rest, {"type": "modbus_tcp", "host": "127.0.0.1", "port": 1}, "holding", 0, 1999)
    assert gone["status"] == "error"
    assert "127.0.0.1:1" in gone["error"]
