"""Who may steer: one client at a time, told to all, asked for and handed over."""

from __future__ import annotations

from uuid import uuid4

import pytest

from conftest import StartHearth
from frames import assert_documented
from hearth_daemon import HearthDaemon
from live_socket import LiveSocket
from machines import simulated
from rest_helpers import expect_problem
from waiting import wait_until

BURNER = "/api/machines/gas/controls/burner"


@pytest.fixture
def hearth(start_hearth: StartHearth) -> HearthDaemon:
    """A connected machine that nobody steers."""
    return start_hearth(machines=[simulated("gas", autoconnect=True)])


def client_of(hearth: HearthDaemon, name: str, client_id: str | None = None) -> LiveSocket:
    """A client that knows its machine is connected."""
    socket = hearth.live("gas", name=name, **({} if client_id is None else {"client_id": client_id}))
    socket.wait_for("control_lease")
    wait_until(lambda: session(hearth)["driver_state"] == "connected", "the machine is connected")
    return socket


def session(hearth: HearthDaemon) -> dict:
    return hearth.rest.get("/api/machines/gas/session").json()


def holder(hearth: HearthDaemon) -> str | None:
    held = session(hearth)["lease"]["holder"]
    return held and held["name"]


def steer(client: LiveSocket) -> None:
    """Takes the free lease by an order."""
    mark = client.send(type="control", channel="burner", value=0.3, request_id="mine")
    assert client.wait_for("control_ack", since=mark, request_id="mine")["applied"]
    client.wait_for("control_lease", yours=True)


def test_session_locked_over_socket_and_rest_and_the_socket_stays_open(hearth: HearthDaemon) -> None:
    first, second = client_of(hearth, "first", str(uuid4())), client_of(hearth, "second", str(uuid4()))
    steer(first)
    seen = second.wait_for("control_lease", lambda frame: frame["holder"] is not None)
    assert (seen["holder"]["name"], seen["yours"], seen["expires_in_ms"]) == ("first", False, None)
    for message in (
        {"type": "control", "channel": "burner", "value": 0.9},
        {"type": "command", "action": "start_monitoring"},
        {"type": "command", "action": "rearm"},
        {"type": "command", "action": "acquire_control"},
    ):
        mark = second.send(**message, request_id="no")
        error = second.wait_for("error", since=mark, request_id="no")
        assert error["code"] == "SESSION_LOCKED" and "first" in error["message"], error.data
        assert error["recoverable"] is True
    mark = second.here()
    second.send(type="control", channel="burner", value=0.9, request_id="again")
    assert second.wait_for("control_ack", since=mark, request_id="again")["applied"] is False
    problem = expect_problem(hearth.rest.post(BURNER, json={"value": 0.9}), 423, "SESSION_LOCKED")
    assert "first" in problem["detail"]
    action = hearth.rest.post("/api/machines/gas/session", json={"action": "start_monitoring"})
    expect_problem(action, 423, "SESSION_LOCKED")
    # What needs no lease.
    assert hearth.rest.post("/api/machines/gas/stop").status_code == 200
    mark = second.command("sync")
    second.wait_for("sync_complete", since=mark)
    second.assert_open()
    first.assert_open()
    assert_documented(first.frames + second.frames)


def test_rest_with_an_id_holds_the_lease_and_gives_it_back(hearth: HearthDaemon) -> None:
    client_of(hearth, "watcher")
    assert hearth.rest.post(BURNER, json={"value": 0.2}).status_code == 200
    assert holder(hearth) is None, "an order without an id takes nothing"
    me = {"X-Client-Id": "script-1", "X-Client-Name": "script"}
    assert hearth.rest.post(BURNER, json={"value": 0.3}, headers=me).status_code == 200
    assert holder(hearth) == "script"
    mine = hearth.rest.get("/api/machines/gas/session", headers=me).json()["lease"]
    assert mine["yours"] is True and 0 < mine["expires_in_ms"] <= 30_000
    expect_problem(hearth.rest.post(BURNER, json={"value": 0.4}), 423, "SESSION_LOCKED")
    other = {"X-Client-Id": "script-2"}
    expect_problem(hearth.rest.post(BURNER, json={"value": 0.4}, headers=other), 423, "SESSION_LOCKED")
    expect_problem(hearth.rest.post(BURNER, json={"value": 0.4}, headers={"X-Client-Id": "no id"}), 400)
    given = hearth.rest.post("/api/machines/gas/session", json={"action": "release_control"}, headers=me)
    assert given.status_code == 200 and given.json()["lease"]["holder"] is None


def test_the_holder_is_asked_alone_and_may_refuse_or_give(hearth: HearthDaemon) -> None:
    first, second = client_of(hearth, "first", str(uuid4())), client_of(hearth, "second", "asker")
    steer(first)
    mark, asked = first.here(), second.command("take_control", request_id="please")
    request = first.wait_for("control_request", since=mark)
    assert request["from"] == {"client_id": "asker", "name": "second"}
    assert 0 < request["expires_in_ms"] <= 10_000
    first.command("answer_control", client_id="asker", grant=False)
    refused = second.wait_for("error", since=asked, request_id="please")
    assert refused["code"] == "SESSION_LOCKED" and "first" in refused["message"]
    mark = first.here()
    second.command("take_control")
    first.wait_for("control_request", since=mark)
    first.command("answer_control", client_id="asker", grant=True)
    second.wait_for("control_lease", yours=True)
    first.wait_for("control_lease", lambda frame: frame["holder"] and frame["holder"]["name"] == "second")
    assert not [frame for frame in second.frames if frame.type == "control_request"], "it is put to the holder only"
    assert_documented(first.frames + second.frames)


def test_silence_grants_control_after_ten_seconds(hearth: HearthDaemon) -> None:
    first, second = client_of(hearth, "first", str(uuid4())), client_of(hearth, "second", str(uuid4()))
    steer(first)
    mark = second.command("take_control")
    given = second.wait_for("control_lease", since=mark, within=15.0, yours=True)
    assert given.at - first.wait_for("control_request").at > 9.5
    first.wait_for("control_lease", yours=False, since=mark)


def test_a_cut_client_finds_its_lease_again_and_one_without_an_id_leaves_it_free(hearth: HearthDaemon) -> None:
    mine = str(uuid4())
    first, watcher = client_of(hearth, "first", mine), client_of(hearth, "watcher")
    steer(first)
    mark = watcher.here()
    first.close()
    waiting = watcher.wait_for("control_lease", lambda frame: frame["expires_in_ms"] is not None, since=mark)
    assert waiting["holder"]["name"] == "first" and waiting["expires_in_ms"] <= 30_000
    back = hearth.live("gas", name="first", client_id=mine)
    lease = back.wait_for("control_lease")
    assert lease["yours"] is True and lease["expires_in_ms"] is None
    mark = back.command("release_control")
    back.wait_for("control_lease", lambda frame: frame["holder"] is None, since=mark)
    passing = client_of(hearth, "passing")
    steer(passing)
    passing.close()
    wait_until(lambda: holder(hearth) is None, "the lease is free")


def test_the_lease_outlives_a_restart_of_the_machine_but_not_the_death_of_the_daemon(hearth: HearthDaemon) -> None:
    first = client_of(hearth, "first", str(uuid4()))
    steer(first)
    mark = first.here()
    assert hearth.rest.post("/api/machines/gas/restart").status_code == 202
    first.wait_for("connection", since=mark, driver_state="connected")
    assert holder(hearth) == "first"
    hearth.kill()
    hearth.start()
    assert holder(hearth) is None
