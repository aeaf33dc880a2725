"""Every error code that can be provoked today, from outside, and that the socket stays open after it.

`SESSION_LOCKED` is in `test_lease.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from conftest import StartHearth
from frames import assert_documented
from hearth_daemon import HearthDaemon
from live_socket import Frame, LiveSocket
from machines import fault, modbus, simulated
from roast_curve import RoastCurve
from roast_player import BURNER_HOLDING, RoastPlayer

NO_PROFILE = str(UUID("01920000-0000-7000-8000-000000000000"))


@pytest.fixture
def player() -> Iterator[RoastPlayer]:
    with RoastPlayer("tcp", RoastCurve(), 1) as device:
        yield device


@pytest.fixture
def drum(start_hearth: StartHearth, player: RoastPlayer) -> tuple[HearthDaemon, LiveSocket]:
    """A connected Modbus machine that is read five times a second, and a client of it."""
    machine = modbus("drum", player.driver(), sampling_interval_ms=200, autoconnect=True)
    hearth = start_hearth(machines=[machine])
    client = hearth.live("drum", name="tester")
    client.wait_for("temperature")
    return hearth, client


def set_burner(client: LiveSocket, value: float, request_id: str = "burner") -> Frame:
    """Moves the burner; the ack."""
    mark = client.send(type="control", channel="burner", value=value, request_id=request_id)
    return client.wait_for("control_ack", since=mark, request_id=request_id)


def expect_refusal(client: LiveSocket, code: str, **message: Any) -> Frame:
    """Sends a message that must be refused; the error names the code, says something, and the socket works on."""
    mark = client.send(**message, request_id="refuse-me")
    error = client.wait_for("error", since=mark, request_id="refuse-me")
    assert error["code"] == code, error.data
    assert error["message"].strip(), "a refusal says why"
    assert "seq" not in error.data, "a refusal is for its sender only"
    client.assert_open()
    assert_documented(client.frames)
    return error


def test_driver_read_failed_is_told_to_all_and_the_value_is_missing(
    drum: tuple[HearthDaemon, LiveSocket], player: RoastPlayer
) -> None:
    hearth, client = drum
    other = hearth.live("drum")
    other.wait_for("control_lease")
    mark = client.here()
    player.refuses_reads = True
    error = client.wait_for("error", since=mark, code="DRIVER_READ_FAILED")
    assert "seq" in error.data
    other.wait_for("error", code="DRIVER_READ_FAILED", seq=error.seq)
    blind = client.wait_for("temperature", lambda frame: frame["bt"] is None, since=mark)
    assert blind["quality"]["bt"] in ("stale", "lost")
    assert blind["et"] is None, "nothing is invented"
    client.wait_for("temperature", lambda frame: frame["quality"].get("bt") == "lost", since=mark)
    player.refuses_reads = False
    seeing = client.wait_for("temperature", lambda frame: frame["bt"] is not None, since=blind.index)
    assert seeing["quality"].get("bt") is None
    client.assert_open()
    assert_documented(client.frames)


def test_driver_write_failed_is_acknowledged_as_not_applied(
    drum: tuple[HearthDaemon, LiveSocket], player: RoastPlayer
) -> None:
    hearth, client = drum
    other = hearth.live("drum")
    other.wait_for("control_lease")
    player.refuses_writes = True
    mark = client.here()
    ack = set_burner(client, 0.5)
    assert ack["applied"] is False
    assert ack["message"]
    error = client.wait_for("error", since=mark, code="DRIVER_WRITE_FAILED")
    assert error["message"]
    told = other.wait_for("control_ack", channel="burner")
    assert told["applied"] is False, "what was tried at the device is told to all"
    player.refuses_writes = False
    assert set_burner(client, 0.5, "again")["applied"] is True
    client.assert_open()
    assert_documented(client.frames + other.frames)


def test_driver_disconnected_then_reconnected_with_heat_latched_safe(
    drum: tuple[HearthDaemon, LiveSocket], player: RoastPlayer
) -> None:
    _, client = drum
    assert set_burner(client, 0.5)["applied"]
    mark = client.here()
    player.vanish()
    client.wait_for("connection", since=mark, driver_state="reconnecting")
    client.wait_for("error", since=mark, code="DRIVER_DISCONNECTED")
    expect_refusal(client, "DRIVER_DISCONNECTED", type="control", channel="burner", value=0.6)
    writes_before = len(player.register_writes)
    player.come_back()
    client.wait_for("connection", since=mark, driver_state="connected", within=20)
    latched = client.wait_for("safety", since=mark, latched=True)
    assert (latched["reason"], latched["channels"]) == ("link", ["burner"])
    refused = expect_refusal(client, "LATCHED", type="control", channel="burner", value=0.6)
    assert "arm" in refused["message"]
    written = [write.value for write in player.register_writes[writes_before:] if write.address == BURNER_HOLDING]
    assert written and set(written) == {0}, "the first and only word to the burner is its fail-safe"
    mark = client.command("rearm")
    client.wait_for("safety", since=mark, latched=False)
    assert set_burner(client, 0.6, "armed")["applied"]
    assert_documented(client.frames)


def test_starting_a_disconnected_machine_is_refused(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[simulated("idle", autoconnect=False)])
    client = hearth.live("idle")
    assert client.wait_for("connection")["driver_state"] == "disconnected"
    expect_refusal(client, "DRIVER_DISCONNECTED", type="command", action="start_monitoring")


def test_invalid_state_transition_names_the_state_and_the_action(drum: tuple[HearthDaemon, LiveSocket]) -> None:
    _, client = drum
    for action in ("start_recording", "stop_recording", "stop_monitoring"):
        error = expect_refusal(client, "INVALID_STATE_TRANSITION", type="command", action=action)
        assert "idle" in error["message"] and action in error["message"]
    refused = {"type": "command", "action": "mark_event", "event_type": "FCs"}
    expect_refusal(client, "INVALID_STATE_TRANSITION", **refused)


def test_machine_not_found_closes_with_4004(drum: tuple[HearthDaemon, LiveSocket]) -> None:
    hearth, _ = drum
    for unknown in ("nowhere", "UPPER", "x" * 200, "%2e%2e"):
        lost = hearth.live(unknown)
        error = lost.wait_for("error")
        assert (error["code"], error["recoverable"]) == ("MACHINE_NOT_FOUND", False)
        assert lost.wait_closed() == 4004
        assert [frame.type for frame in lost.frames] == ["error"]


def test_interlock_blocked_until_its_condition_holds(start_hearth: StartHearth) -> None:
    rule = {
        "id": "air_before_fire",
        "blocks": {"channel": "burner", "above": 0},
        "unless": [{"channel": "airflow", "at_least": 20}],
        "message": "Open the air first",
    }
    hearth = start_hearth(machines=[simulated("gas", interval_ms=200, interlocks=[rule])])
    client = hearth.live("gas", client_id="cook")
    client.wait_for("temperature")
    error = expect_refusal(client, "INTERLOCK_BLOCKED", type="control", channel="burner", value=0.5)
    assert error["message"] == "Open the air first"
    cook = {"X-Client-Id": "cook"}
    answer = hearth.rest.post("/api/machines/gas/controls/burner", json={"value": 0.5}, headers=cook)
    assert (answer.status_code, answer.json()["code"]) == (409, "INTERLOCK_BLOCKED")
    mark = client.send(type="control", channel="airflow", value=0.5)
    client.wait_for("control_ack", since=mark, channel="airflow", applied=True)
    client.wait_for("temperature", since=client.here())
    assert set_burner(client, 0.5)["applied"]
    mark = client.send(type="control", channel="airflow", value=0)
    client.wait_for("control_ack", since=mark, channel="airflow")
    assert set_burner(client, 0.0, "off")["applied"], "switching off is never blocked"


def test_emergency_stop_writes_safe_values_and_holds_until_rearm(
    drum: tuple[HearthDaemon, LiveSocket], player: RoastPlayer
) -> None:
    hearth, client = drum
    other = hearth.live("drum")
    other.wait_for("control_lease")
    assert set_burner(client, 0.8)["applied"]
    mark, sent = client.here(), time.monotonic()
    other.command("emergency_stop")
    latched = client.wait_for("safety", since=mark, latched=True)
    assert latched["reason"] == "stop"
    off = [write for write in player.register_writes if write.at >= sent and write.address == BURNER_HOLDING]
    client.wait_for("control_ack", since=mark, channel="burner", value=0)
    off = [write for write in player.register_writes if write.at >= sent and write.address == BURNER_HOLDING]
    assert [write.value for write in off][:1] == [0]
    expect_refusal(client, "EMERGENCY_STOP", type="control", channel="burner", value=0.5)
    assert set_burner(client, 0.0, "off")["applied"], "off is always admitted"
    mark = client.command("rearm")
    client.wait_for("safety", since=mark, latched=False)
    assert set_burner(client, 0.5, "armed")["applied"]


def test_stop_by_rest_stops_one_machine_or_all(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[simulated(each, interval_ms=200) for each in ("left", "right")])
    left, right = hearth.live("left"), hearth.live("right")
    for client in (left, right):
        client.wait_for("temperature")
    assert hearth.rest.post("/api/machines/left/stop").is_success
    left.wait_for("safety", latched=True)
    assert hearth.rest.get("/api/machines/right/session").json()["safety"]["latched"] is False
    assert hearth.rest.post("/api/machines/left/rearm").is_success
    left.wait_for("safety", lambda frame: frame.seq is not None, latched=False)
    assert hearth.rest.post("/api/stop").is_success
    for machine in ("left", "right"):
        view = hearth.rest.get(f"/api/machines/{machine}/session").json()
        assert (view["safety"]["latched"], view["safety"]["reason"]) == (True, "stop")


def test_profile_not_found_when_a_replay_names_no_profile(drum: tuple[HearthDaemon, LiveSocket]) -> None:
    _, client = drum
    message = {"type": "replay_control", "action": "start", "profile_id": NO_PROFILE}
    expect_refusal(client, "PROFILE_NOT_FOUND", **message)


def test_an_unknown_control_channel_is_not_applied_and_no_error(drum: tuple[HearthDaemon, LiveSocket]) -> None:
    _, client = drum
    mark = client.send(type="control", channel="flux", value=0.5, request_id="odd")
    ack = client.wait_for("control_ack", since=mark, request_id="odd")
    assert (ack["applied"], ack["channel"]) == (False, "flux")
    assert "burner" in ack["message"], "the message names the channels there are"
    client.assert_open()
    assert [f for f in client.of_type("error", mark) if f.data.get("request_id") == "odd"] == []
    assert_documented(client.frames)


def test_rate_limited_keeps_the_socket_and_spares_the_others(drum: tuple[HearthDaemon, LiveSocket]) -> None:
    hearth, client = drum
    calm = hearth.live("drum")
    calm.wait_for("control_lease")
    for number in range(60):
        client.command("sync", last_timestamp_ms=0, request_id=f"r{number}")
    limited = client.wait_for("error", code="RATE_LIMITED")
    assert limited["recoverable"] is True
    calm.assert_open()
    mark = client.here()
    client.wait_for("temperature", since=mark)
    assert client.close_code is None

    def answered() -> bool:
        position = client.command("are-you-there", request_id="again")
        return client.wait_for("error", since=position, request_id="again")["code"] == "INVALID_MESSAGE"

    deadline = time.monotonic() + 15
    while not answered():
        assert time.monotonic() < deadline, "the budget never came back"
        client.wait_for("temperature", since=client.here())
    assert_documented(client.frames)


def test_machine_failed_after_too_many_crashes_and_alive_after_restart(start_hearth: StartHearth) -> None:
    crashing = simulated("crashing", interval_ms=100, faults=[fault("panic", 300 * n, 1) for n in range(1, 9)])
    hearth = start_hearth(machines=[crashing, simulated("steady", interval_ms=100)])
    client = hearth.live("crashing")
    client.wait_for("connection", driver_state="restarting", within=60)
    failed = client.wait_for("connection", driver_state="failed", within=90)
    assert failed["restarts"] >= 5
    expect_refusal(client, "MACHINE_FAILED", type="control", channel="burner", value=0.5)
    assert hearth.rest.get("/api/machines/crashing/session").json()["driver_state"] == "failed"
    assert hearth.rest.post("/api/machines/crashing/restart").status_code == 202
    client.wait_for("connection", since=failed.index + 1, driver_state="connected", within=30)
    client.wait_for("temperature", since=failed.index)
    assert hearth.rest.get("/api/machines/steady").is_success
    assert_documented(client.frames)


def test_forbidden_for_who_may_only_look_and_stop_for_everybody(start_hearth: StartHearth) -> None:
    own = {"openroast": {"listen": "127.0.0.1:0", "anonymous_role": "viewer"}}
    hearth = start_hearth(machines=[simulated("gas", autoconnect=True)], settings={"dialects": own})
    client = LiveSocket.of(hearth.own_url("openroast"), "gas", name="tester")
    client.wait_for("temperature")
    expect_refusal(client, "FORBIDDEN", type="command", action="start_monitoring")
    ack = set_burner(client, 0.5)
    assert not ack["applied"] and ack["message"]
    mark = client.send(type="command", action="emergency_stop")
    client.wait_for("safety", since=mark, latched=True)
    client.abort()


def test_internal_when_the_disk_fails_and_the_roast_starts_once_it_is_mended(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[simulated("gas", autoconnect=True)])
    client = hearth.live("gas", name="tester")
    client.wait_for("connection", driver_state="connected")
    mark = client.command("start_monitoring")
    client.wait_for("state", since=mark, state="monitoring")
    journals = hearth.data / "journal"
    aside = journals.with_name("journal-aside")
    journals.rename(aside)
    journals.write_text("a file where a directory was")
    expect_refusal(client, "INTERNAL", type="command", action="start_recording")
    mark = client.here()
    client.wait_for("temperature", since=mark)
    assert hearth.rest.get("/api/machines/gas/session").json()["state"] == "monitoring", "nothing was begun"
    journals.unlink()
    aside.rename(journals)
    mark = client.command("start_recording")
    client.wait_for("state", since=mark, state="recording")
    client.assert_open()
