"""`/api/machines` and what hangs below it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from conftest import StartHearth
from frames import DRIVER_STATES, STATES, is_count, is_session_id
from hearth_daemon import HearthDaemon
from machines import modbus, simulated
from rest_helpers import expect_problem, pointers
from roast_curve import RoastCurve
from roast_player import RoastPlayer
from waiting import wait_until


@pytest.fixture(scope="module")
def hearth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HearthDaemon]:
    alarm = {
        "id": "warm",
        "when": {"channel": "bt", "above": -50, "deadband": 2, "delay_ms": 0},
        "severity": "warning",
        "message": "It is warmer than it could ever be cold",
    }
    machines = [simulated("m1", interval_ms=200, speed=5, alarms=[alarm])]
    with HearthDaemon(tmp_path_factory.mktemp("rest-machines"), machines=machines) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def rest(hearth: HearthDaemon) -> httpx.Client:
    wait_until(lambda: hearth.rest.get("/api/machines/m1/session").json()["last_reading"], "a first reading")
    return hearth.rest


@pytest.fixture
def player() -> Iterator[RoastPlayer]:
    with RoastPlayer("tcp", RoastCurve(), 1) as device:
        yield device


def add(rest: httpx.Client, machine: dict[str, object]) -> str:
    """Adds a machine; its path."""
    answer = rest.post("/api/machines", json=machine)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def act(rest: httpx.Client, machine: str, action: str, **more: object) -> httpx.Response:
    return rest.post(f"/api/machines/{machine}/session", json={"action": action, **more})


def record(rest: httpx.Client, machine: str) -> None:
    """Brings a machine into `recording`."""
    wait_until(
        lambda: rest.get(f"/api/machines/{machine}/session").json()["driver_state"] == "connected", "a connection"
    )
    for action in ("start_monitoring", "start_recording"):
        assert act(rest, machine, action).status_code == 200


# The collection


def test_the_list_has_a_summary_of_each_machine(rest: httpx.Client) -> None:
    (summary,) = [item for item in rest.get("/api/machines").json() if item["id"] == "m1"]
    assert {"id", "name", "kind", "driver_state", "session_state", "last_reading", "alarms", "restarts", "losses"} == set(
        summary
    )
    assert summary["driver_state"] in DRIVER_STATES
    assert summary["session_state"] in STATES
    assert summary["last_reading"]["bt"] is not None
    assert set(summary["alarms"]) == {"info", "warning", "critical"}
    assert summary["restarts"] == 0


def test_a_machine_is_added_read_changed_and_removed(rest: httpx.Client) -> None:
    document = simulated("newcomer", autoconnect=False)
    path = add(rest, document)
    assert path.endswith("/api/machines/newcomer")
    kept = rest.get(path).json()
    assert kept["id"] == "newcomer"
    assert {key: kept["driver"][key] for key in ("type", "model", "seed")} == {
        "type": "simulator",
        "model": "roaster",
        "seed": 1,
    }
    changed = rest.put(path, json={**document, "name": "Renamed"})
    assert (changed.status_code, changed.json()["name"]) == (200, "Renamed")
    assert rest.get(path).json()["name"] == "Renamed"
    assert rest.delete(path).status_code == 204
    expect_problem(rest.get(path), 404, "MACHINE_NOT_FOUND")
    assert "newcomer" not in [item["id"] for item in rest.get("/api/machines").json()]


def test_a_machine_added_by_rest_survives_a_restart_of_the_daemon(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[simulated("first")])
    add(hearth.rest, simulated("second", autoconnect=False))
    hearth.rest.put("/api/machines/first", json=simulated("first", name="Stored wins"))
    assert hearth.rest.delete("/api/machines/second").status_code == 204
    add(hearth.rest, simulated("third", autoconnect=False))
    hearth.kill()
    hearth.start()
    machines = {item["id"]: item["name"] for item in hearth.rest.get("/api/machines").json()}
    assert machines == {"first": "Stored wins", "third": "Simulated third"}


def test_an_id_that_exists_is_refused_and_the_first_machine_stays(rest: httpx.Client) -> None:
    before = rest.get("/api/machines/m1").json()
    expect_problem(rest.post("/api/machines", json=simulated("m1", seed=99)), 409)
    assert rest.get("/api/machines/m1").json() == before


def test_every_fault_of_a_configuration_is_told_at_once(rest: httpx.Client) -> None:
    broken = {
        "id": "Not A Slug",
        "name": "Broken",
        "kind": "teapot",
        "sampling_interval_ms": 1,
        "driver": {"type": "modbus_tcp", "host": "127.0.0.1", "port": 70_000, "unit_id": 1},
        "channels": [
            {"id": "bt", "kind": "sensor", "source": {"register": "holding", "address": 70_000, "type": "i16"}},
            {"id": "bt", "kind": "sensor", "source": {"register": "drawer", "address": 1, "type": "i16"}},
            {"id": "et", "kind": "sensor", "source": {"register": "input", "address": 3, "type": "i17"}},
        ],
        "alarms": [
            {"id": "a", "when": {"channel": "nowhere", "above": 1}, "severity": "warning", "message": "?"},
        ],
        "colour": "blue",
    }
    problem = expect_problem(rest.post("/api/machines", json=broken), 422)
    expected = {
        "/id",
        "/kind",
        "/sampling_interval_ms",
        "/driver/port",
        "/channels/0/source/address",
        "/channels/1/source/register",
        "/channels/2/source/type",
        "/alarms/0/when/channel",
        "/colour",
    }
    assert expected <= pointers(problem), f"missing: {expected - pointers(problem)}\n{problem['errors']}"
    expect_problem(rest.get("/api/machines/Not%20A%20Slug"), 404)


def test_channels_with_the_same_id_are_refused(rest: httpx.Client, player: RoastPlayer) -> None:
    document = modbus("twins", player.driver())
    document["channels"].append(dict(document["channels"][0]))
    problem = expect_problem(rest.post("/api/machines", json=document), 422)
    assert any(pointer.startswith("/channels/4") for pointer in pointers(problem)), problem


def test_a_simulator_channel_that_does_not_exist_is_refused_with_those_that_do(rest: httpx.Client) -> None:
    machine = simulated("odd", channels=[{"id": "flux", "kind": "sensor", "unit": "celsius"}])
    problem = expect_problem(rest.post("/api/machines", json=machine), 422)
    assert any("bt" in error["detail"] for error in problem["errors"]), problem


# Changing what runs


def test_the_driver_is_reopened_only_when_its_part_changed(rest: httpx.Client, player: RoastPlayer) -> None:
    document = modbus("reopen", player.driver(), autoconnect=True, sampling_interval_ms=100)
    path = add(rest, document)
    wait_until(lambda: player.reads > 5, "readings from the device")
    opened = player.connections
    assert rest.put(path, json={**document, "name": "Only the name"}).status_code == 200
    reads = player.reads
    wait_until(lambda: player.reads > reads + 20, "readings after the change of name")
    assert player.connections == opened
    driver = {**document["driver"], "timeout_ms": 300}
    assert rest.put(path, json={**document, "driver": driver}).status_code == 200
    wait_until(lambda: player.connections > opened, "a new connection after the change of driver")
    assert rest.delete(path).status_code == 204


def test_a_recording_machine_is_neither_changed_nor_removed_unless_forced(rest: httpx.Client) -> None:
    path = add(rest, simulated("busy", interval_ms=100))
    record(rest, "busy")
    session = rest.get(f"{path}/session").json()["session_id"]
    expect_problem(rest.put(path, json=simulated("busy", name="Not now")), 409)
    expect_problem(rest.delete(path), 409)
    assert rest.get(f"{path}/session").json()["state"] == "recording"
    assert rest.delete(path, params={"force": "true"}).status_code == 204
    expect_problem(rest.get(path), 404)
    kept = rest.get(f"/api/profiles/{session}")
    assert (kept.status_code, kept.json()["status"]) == (200, "draft"), "the recording is kept"


# Connecting


def test_connect_and_disconnect_say_where_the_driver_stands_and_may_be_repeated(rest: httpx.Client) -> None:
    path = add(rest, simulated("plug", autoconnect=False))
    for action, state in (("connect", "connected"), ("disconnect", "disconnected")) * 2:
        for _ in range(2):
            answer = rest.post(f"{path}/{action}")
            assert (answer.status_code, answer.json()["driver_state"]) == (200, state)
    rest.delete(path)


def test_a_device_that_is_not_there_is_told_in_the_drivers_words(rest: httpx.Client) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        driver = {"type": "modbus_tcp", "host": "127.0.0.1", "port": port, "unit_id": 1, "timeout_ms": 300}
        path = add(rest, modbus("absent", driver))
        problem = expect_problem(rest.post(f"{path}/connect"), 502, "DRIVER_CONNECT_FAILED")
    assert str(port) in problem["detail"]
    rest.delete(path)


def test_a_device_that_never_answers_is_a_timeout(rest: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        driver = {"type": "modbus_tcp", "host": "127.0.0.1", "port": port, "unit_id": 1, "timeout_ms": 300}
        path = add(rest, modbus("silent", driver))
        expect_problem(rest.post(f"{path}/connect"), 504)
        rest.delete(path)


def test_restart_makes_a_fresh_actor(hearth: HearthDaemon, rest: httpx.Client) -> None:
    add(rest, simulated("fresh", interval_ms=100))
    client = hearth.live("fresh")
    client.wait_for("temperature")
    mark = client.here()
    assert rest.post("/api/machines/fresh/restart").status_code == 202
    client.wait_for("connection", since=mark, driver_state="connected")
    client.wait_for("temperature", since=client.wait_for("connection", since=mark).index)
    rest.delete("/api/machines/fresh")


# The session


def test_a_session_runs_by_rest_alone(rest: httpx.Client) -> None:
    add(rest, simulated("alone", interval_ms=100))
    view = rest.get("/api/machines/alone/session").json()
    fields = "machine_id session_id state driver_state started_at elapsed_ms events last_reading controls lease alarms"
    assert set(fields.split()) <= set(view)
    record(rest, "alone")
    answer = act(rest, "alone", "mark_event", event_type="FCs")
    assert answer.status_code == 200
    (mark,) = answer.json()["events"]
    assert (mark["event_type"], mark["auto_detected"]) == ("FCs", False)
    assert act(rest, "alone", "unmark_event", event_type="FCs").json()["events"] == []
    finished = act(rest, "alone", "stop_recording").json()
    assert finished["state"] == "finished"
    assert is_session_id(finished["session_id"])
    assert act(rest, "alone", "reset").json()["state"] == "idle"
    rest.delete("/api/machines/alone")


def test_an_action_that_the_state_forbids_is_409(rest: httpx.Client) -> None:
    problem = expect_problem(act(rest, "m1", "stop_recording"), 409, "INVALID_STATE_TRANSITION")
    assert "idle" in problem["detail"] and "stop_recording" in problem["detail"]


@pytest.mark.parametrize("body", [{}, {"action": "explode"}, {"action": 5}, {"action": "mark_event"}, []])
def test_an_action_that_makes_no_sense_is_422(rest: httpx.Client, body: object) -> None:
    expect_problem(rest.post("/api/machines/m1/session", json=body), 422)


def test_the_series_so_far_can_be_asked_for_whole_or_from_a_moment(rest: httpx.Client) -> None:
    add(rest, simulated("series", interval_ms=100))
    record(rest, "series")
    path = "/api/machines/series/session"
    assert "series" not in rest.get(path).json()
    whole = wait_until(
        lambda: (
            (s := rest.get(path, params={"include": "series"}).json()["series"]) and len(s["timestamp_ms"]) > 10 and s
        ),
        "ten readings",
    )
    assert len({len(whole[name]) for name in ("timestamp_ms", "bt", "et", "bt_ror", "et_ror")}) == 1
    since = whole["timestamp_ms"][5]
    newer = rest.get(path, params={"include": "series", "since_ms": since}).json()["series"]
    assert newer["timestamp_ms"][:3] == whole["timestamp_ms"][6:9]
    act(rest, "series", "reset")
    rest.delete("/api/machines/series")


# Controls, health, alarms


def test_a_control_is_set_by_rest_and_the_ack_comes_back(hearth: HearthDaemon, rest: httpx.Client) -> None:
    watcher = hearth.live("m1")
    watcher.wait_for("control_lease")
    answer = rest.post("/api/machines/m1/controls/airflow", json={"value": 0.35})
    assert answer.status_code == 200
    ack = answer.json()
    assert (ack["channel"], ack["value"], ack["applied"], ack["by"]) == ("airflow", 0.35, True, "rest")
    assert is_count(ack["command_id"])
    seen = watcher.wait_for("control_ack", channel="airflow")
    assert seen["command_id"] == ack["command_id"]


@pytest.mark.parametrize("value", [1.5, -0.1, "0.5", None, True, [0.5]])
def test_a_control_value_outside_0_to_1_is_422(rest: httpx.Client, value: object) -> None:
    problem = expect_problem(rest.post("/api/machines/m1/controls/airflow", json={"value": value}), 422)
    assert pointers(problem) == {"/value"}


def test_a_control_that_is_not_there_is_404(rest: httpx.Client) -> None:
    problem = expect_problem(rest.post("/api/machines/m1/controls/flux", json={"value": 0.5}), 404)
    assert "airflow" in problem["detail"], "the answer names the controls there are"


def test_a_write_that_the_device_refuses_is_502(rest: httpx.Client, player: RoastPlayer) -> None:
    path = add(rest, modbus("stubborn", player.driver(), autoconnect=True, sampling_interval_ms=100))
    wait_until(lambda: player.reads > 3, "readings from the device")
    player.refuses_writes = True
    expect_problem(rest.post(f"{path}/controls/burner", json={"value": 0.5}), 502, "DRIVER_WRITE_FAILED")
    rest.delete(path)


def test_the_health_of_a_machine_counts_what_its_bus_did(rest: httpx.Client, player: RoastPlayer) -> None:
    path = add(rest, modbus("healthy", player.driver(), autoconnect=True, sampling_interval_ms=100))
    wait_until(lambda: player.reads > 10, "readings from the device")
    health = rest.get(f"{path}/health").json()
    assert health["reads"] > 0
    assert health["latency_p50_ms"] <= health["latency_p99_ms"]
    player.answer_delay_s = 0.6
    ill = wait_until(
        lambda: (h := rest.get(f"{path}/health").json())["timeouts"] > 0 and h["last_error"] and h, "a counted timeout"
    )
    assert "reconnects" in ill
    player.answer_delay_s = 0
    rest.delete(path)


def test_an_alarm_is_listed_and_acknowledged(hearth: HearthDaemon, rest: httpx.Client) -> None:
    watcher = hearth.live("m1")
    told = watcher.wait_for("alarm", alarm_id="warm")
    assert (told["severity"], told["alarm_state"]) in {("warning", "unacked"), ("warning", "acked")}
    (listed,) = rest.get("/api/machines/m1/alarms").json()
    assert (listed["alarm_id"], listed["occurrence"]) == ("warm", told["occurrence"])
    mark = watcher.here()
    assert rest.post("/api/machines/m1/alarms/warm/ack").is_success
    acked = watcher.wait_for("alarm", since=mark, alarm_id="warm", alarm_state="acked")
    assert acked["occurrence"] == told["occurrence"]
    (listed,) = rest.get("/api/machines/m1/alarms").json()
    assert listed["alarm_state"] == "acked"
    expect_problem(rest.post("/api/machines/m1/alarms/unheard-of/ack"), 404)


UNKNOWN_MACHINE = [
    ("GET", ""),
    ("PUT", ""),
    ("DELETE", ""),
    ("POST", "/connect"),
    ("POST", "/disconnect"),
    ("POST", "/restart"),
    ("GET", "/session"),
    ("POST", "/session"),
    ("POST", "/controls/burner"),
    ("GET", "/health"),
    ("GET", "/alarms"),
    ("POST", "/alarms/warm/ack"),
    ("POST", "/stop"),
    ("POST", "/rearm"),
]


@pytest.mark.parametrize(("method", "below"), UNKNOWN_MACHINE)
def test_an_unknown_machine_is_404_everywhere(rest: httpx.Client, method: str, below: str) -> None:
    bodies = {"": simulated("nowhere"), "/session": {"action": "reset"}, "/controls/burner": {"value": 0.5}}
    body = bodies.get(below) if method in ("POST", "PUT") else None
    answer = rest.request(method, f"/api/machines/nowhere{below}", json=body)
    expect_problem(answer, 404, "MACHINE_NOT_FOUND")
