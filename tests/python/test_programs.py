"""Programs: steps that run on a machine as a task, through the gate like anybody, and wait where a person is needed."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from conftest import StartHearth
from hearth_daemon import HearthDaemon
from live_socket import LiveSocket
from machines import fault
from rest_helpers import expect_problem, pointers
from waiting import wait_until

Task = dict[str, Any]
Step = dict[str, Any]

#: How much faster than real time the kettle lives.
SPEED = 50.0


def kettle(machine: str = "kettle", *, speed: float = SPEED, faults: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "id": machine,
        "name": "Brewery",
        "kind": "kettle",
        "autoconnect": True,
        "sampling_interval_ms": 1000,
        "driver": {"type": "simulator", "model": "kettle", "speed": speed, "noise": 0.0, "faults": list(faults)},
    }


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HearthDaemon]:
    with HearthDaemon(tmp_path_factory.mktemp("programs"), machines=[kettle()]) as daemon:
        yield daemon


@pytest.fixture
def rest(daemon: HearthDaemon) -> Iterator[httpx.Client]:
    connected(daemon.rest)
    yield daemon.rest
    for task in daemon.rest.get("/api/tasks").json():
        daemon.rest.delete(f"/api/tasks/{task['id']}")
        once(daemon.rest, task, lambda now: now["completed_at"])
    assert daemon.rest.post("/api/machines/kettle/rearm").is_success


def connected(rest: httpx.Client, machine: str = "kettle") -> None:
    def is_connected() -> bool:
        return bool(rest.get(f"/api/machines/{machine}/health").json()["driver_state"] == "connected")

    wait_until(is_connected, f"{machine} connected")


def start(rest: httpx.Client, *steps: Step, machine: str = "kettle", **more: Any) -> Task:
    answer = rest.post("/api/tasks/program", json={"kwargs": {"machine_id": machine, "steps": steps, **more}})
    assert answer.status_code == 202, answer.text
    task: Task = answer.json()
    assert task["machine_id"] == machine
    return task


def once(rest: httpx.Client, task: Task, fits: Any) -> Task:
    def look() -> Task | None:
        now: Task = rest.get(f"/api/tasks/{task['id']}").raise_for_status().json()
        return now if fits(now) else None

    return wait_until(look, f"task {task['name']}")


def paused(rest: httpx.Client, task: Task, words: str) -> Task:
    return once(rest, task, lambda now: now["status"] == "paused" and words in now["progress"]["message"])


def shown(rest: httpx.Client, channel: str, machine: str = "kettle") -> float | None:
    """What a channel shows, in its own unit."""
    for point in rest.get("/api/v1/datapoints/latest").json():
        if point["event_public_id"] == f"{machine}.{channel}":
            return float(point["value"])
    return None


def shows(rest: httpx.Client, channel: str, value: float) -> None:
    wait_until(lambda: shown(rest, channel) == value, f"{channel} at {value}")


def resume(rest: httpx.Client, task: Task) -> None:
    answer = rest.post(f"/api/tasks/{task['id']}/resume")
    # It may be stuck again at once.
    assert answer.is_success, answer.text


def steering(daemon: HearthDaemon) -> LiveSocket:
    """A tablet that holds the lease."""
    tablet = daemon.live("kettle", client_id="tablet-2", name="tablet-2")
    mark = tablet.command("acquire_control")
    tablet.wait_for("control_lease", lambda frame: frame["holder"] and frame["yours"], since=mark)
    return tablet


def give_back(tablet: LiveSocket) -> None:
    mark = tablet.command("release_control")
    tablet.wait_for("control_lease", lambda frame: frame["holder"] is None, since=mark)


def set_to(**values: float | bool) -> Step:
    return {"type": "set", "values": values}


def test_a_program_heats_asks_and_leaves_the_machine_as_its_last_step_says(
    daemon: HearthDaemon, rest: httpx.Client
) -> None:
    screen = daemon.live("kettle")
    task = start(
        rest,
        set_to(pump=True),
        {"type": "ramp", "channel": "heater", "to": 100, "over_s": 20},
        {"type": "wait", "channel": "hlt", "at_least": 24, "timeout_s": 3600, "on_timeout": "fail"},
        {"type": "hold", "for_s": 5},
        {"type": "ask", "message": "Add the malt"},
        set_to(heater=0, pump=0),
        name="Mash day",
    )
    asked = paused(rest, task, "step 5 of 6: asks: Add the malt")
    assert (asked["progress"]["current"], asked["progress"]["total"]) == (4, 6)
    assert (shown(rest, "heater"), shown(rest, "pump")) == (100.0, 1.0)
    assert (shown(rest, "hlt") or 0) >= 24
    resume(rest, task)
    done = once(rest, task, lambda now: now["completed_at"])
    assert (done["status"], done["error"]) == ("completed", None)
    assert done["result"]["steps"] == 6
    assert done["result"]["seconds"] >= 25
    shows(rest, "heater", 0)
    acks = [frame.data for frame in screen.of_type("control_ack") if frame.data["channel"] == "heater"]
    assert {ack["by"] for ack in acks} == {"program Mash day"}
    values = [ack["value"] for ack in acks]
    rise = values[: values.index(1.0) + 1]
    assert len(rise) > 3
    assert rise == sorted(rise)
    screen.close()


def test_everything_wrong_with_a_program_is_told_at_once(rest: httpx.Client) -> None:
    steps = [
        set_to(hlt=20, heater=140, nonsense=1, pump=0.5),
        {"type": "ramp", "channel": "pump", "to": 1, "over_s": 5},
        {"type": "ramp", "channel": "heater", "over_s": -1},
        {"type": "hold", "seconds": 5},
        {"type": "wait", "channel": "hlt", "above": 3, "below": 5, "on_timeout": "fail"},
        {"type": "wait", "channel": "gone"},
        {"type": "ask", "message": " "},
        {"type": "jump"},
        {},
        7,
        {"type": "set", "values": {}},
    ]
    answer = rest.post("/api/tasks/program", json={"kwargs": {"machine_id": "kettle", "steps": steps}})
    at = "/kwargs/steps"
    assert pointers(expect_problem(answer, 422, "INVALID")) == {
        f"{at}/0/values/hlt",
        f"{at}/0/values/heater",
        f"{at}/0/values/nonsense",
        f"{at}/0/values/pump",
        f"{at}/1/channel",
        f"{at}/2/over_s",
        f"{at}/2/to",
        f"{at}/3/seconds",
        f"{at}/3/for_s",
        f"{at}/4/on_timeout",
        f"{at}/4/below",
        f"{at}/5",
        f"{at}/5/channel",
        f"{at}/6/message",
        f"{at}/7/type",
        f"{at}/8/type",
        f"{at}/9",
        f"{at}/10/values",
    }


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, {"/kwargs/machine_id", "/kwargs/steps"}),
        ({"kwargs": {"machine_id": "gone", "steps": [{"type": "hold", "for_s": 1}]}}, {"/kwargs/machine_id"}),
        ({"machine_id": "gone", "kwargs": {"steps": [{"type": "hold", "for_s": 1}]}}, {"/machine_id"}),
        ({"kwargs": {"machine_id": "Not A Slug", "steps": []}}, {"/kwargs/machine_id"}),
        ({"args": ["kettle", []]}, {"/args/1"}),
        ({"args": ["kettle", {"type": "hold"}]}, {"/args/1"}),
        ({"args": ["kettle", [{"type": "hold", "for_s": 1}] * 501]}, {"/args/1"}),
        ({"args": ["kettle", [{"type": "hold", "for_s": 1e9}], 5, 6]}, {"/args/1/0/for_s", "/args/2", "/args/3"}),
    ],
)
def test_what_is_no_program_at_all_is_refused(rest: httpx.Client, body: dict[str, Any], where: set[str]) -> None:
    assert pointers(expect_problem(rest.post("/api/tasks/program", json=body), 422, "INVALID")) == where


def test_a_cancelled_program_leaves_no_heat_behind_and_all_else_as_it_is(rest: httpx.Client) -> None:
    task = start(rest, set_to(heater=60, pump=1), {"type": "hold", "for_s": 3600})
    shows(rest, "heater", 60)
    assert rest.delete(f"/api/tasks/{task['id']}").json()["status"] == "cancelled"
    shows(rest, "heater", 0)
    assert shown(rest, "pump") == 1


def test_a_program_that_fails_leaves_no_heat_behind(rest: httpx.Client) -> None:
    wait = {"type": "wait", "channel": "hlt", "above": 99.9, "timeout_s": 10, "on_timeout": "fail"}
    task = start(rest, set_to(heater=60), wait)
    failed = once(rest, task, lambda now: now["completed_at"])
    assert failed["status"] == "error"
    assert failed["error"] == "10 s have passed, and it is not so that Hot liquor is above 99.9 °C"
    shows(rest, "heater", 0)


def test_stop_pauses_a_program_and_only_a_person_makes_it_heat_again(rest: httpx.Client) -> None:
    task = start(rest, set_to(heater=60), {"type": "hold", "for_s": 3600})
    shows(rest, "heater", 60)
    assert rest.post("/api/machines/kettle/stop").is_success
    paused(rest, task, "STOP was pressed")
    shows(rest, "heater", 0)
    resume(rest, task)
    paused(rest, task, "STOP was pressed")
    assert shown(rest, "heater") == 0
    assert rest.post("/api/machines/kettle/rearm").is_success
    assert shown(rest, "heater") == 0
    resume(rest, task)
    shows(rest, "heater", 60)


def test_a_machine_that_restarts_leaves_its_program_paused_and_its_heat_off(rest: httpx.Client) -> None:
    task = start(rest, set_to(heater=60), {"type": "hold", "for_s": 3600})
    shows(rest, "heater", 60)
    assert rest.post("/api/machines/kettle/restart").is_success
    paused(rest, task, "re-arm the machine")
    shows(rest, "heater", 0)
    connected(rest)
    resume(rest, task)
    paused(rest, task, "re-arm the machine")
    assert rest.post("/api/machines/kettle/rearm").is_success
    resume(rest, task)
    shows(rest, "heater", 60)


def test_a_pause_holds_the_outputs_and_stops_the_time(rest: httpx.Client) -> None:
    task = start(rest, set_to(heater=30), {"type": "hold", "for_s": 50})
    shows(rest, "heater", 30)
    assert rest.post(f"/api/tasks/{task['id']}/pause").json()["status"] == "paused"
    by_hand = rest.post("/api/machines/kettle/controls/heater", json={"value": 0.1})
    assert by_hand.is_success, by_hand.text
    shows(rest, "heater", 10)
    resume(rest, task)
    shows(rest, "heater", 30)
    assert once(rest, task, lambda now: now["completed_at"])["status"] == "completed"


def test_whoever_steers_comes_first_and_the_program_says_so(daemon: HearthDaemon, rest: httpx.Client) -> None:
    tablet = steering(daemon)
    task = start(rest, set_to(heater=60))
    paused(rest, task, "tablet-2 controls this machine")
    give_back(tablet)
    resume(rest, task)
    assert once(rest, task, lambda now: now["completed_at"])["status"] == "completed"
    tablet.close()


def test_a_program_works_in_the_name_of_the_client_that_asked_for_it(daemon: HearthDaemon, rest: httpx.Client) -> None:
    tablet = steering(daemon)
    body = {"args": ["kettle", [set_to(heater=20)]]}
    task = rest.post("/api/tasks/program", json=body, headers={"X-Client-Id": "tablet-2"}).json()
    assert once(rest, task, lambda now: now["completed_at"])["status"] == "completed"
    give_back(tablet)
    tablet.close()


def test_one_machine_runs_one_program(rest: httpx.Client) -> None:
    first = start(rest, {"type": "hold", "for_s": 3600})
    second = once(rest, start(rest, set_to(heater=60)), lambda now: now["completed_at"])
    assert second["status"] == "error"
    assert first["id"] in second["error"]
    rest.delete(f"/api/tasks/{first['id']}")
    once(rest, first, lambda now: now["completed_at"])
    assert once(rest, start(rest, set_to(pump=0)), lambda now: now["completed_at"])["status"] == "completed"


def test_a_lost_link_pauses_a_program_without_heat(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[kettle(faults=(fault("disconnect", 200_000, 20_000),))])
    connected(hearth.rest)
    task = start(hearth.rest, set_to(heater=60), {"type": "hold", "for_s": 3600})
    paused(hearth.rest, task, "the link to the machine was lost")
    connected(hearth.rest)
    shows(hearth.rest, "heater", 0)
    assert hearth.rest.post("/api/machines/kettle/rearm").is_success
    resume(hearth.rest, task)
    shows(hearth.rest, "heater", 60)


def test_a_daemon_that_restarts_interrupts_its_programs_and_heats_nothing(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[kettle(speed=1.0)])
    connected(hearth.rest)
    task = start(hearth.rest, set_to(heater=60), {"type": "hold", "for_s": 3600})
    shows(hearth.rest, "heater", 60)
    hearth.kill()
    hearth.start()
    assert once(hearth.rest, task, lambda now: True)["status"] == "interrupted"
    connected(hearth.rest)
    shows(hearth.rest, "heater", 0)


MASH = {"name": "Mash", "machine_id": "kettle", "steps": [set_to(pump=1), {"type": "hold", "for_s": 1}]}


def test_a_program_is_kept_changed_listed_run_and_forgotten(rest: httpx.Client) -> None:
    path = "/api/programs/mash-day"
    expect_problem(rest.get(path), 404, "PROGRAM_NOT_FOUND")
    answer = rest.put(path, json=MASH)
    assert (answer.status_code, answer.headers["Location"]) == (201, path)
    kept = answer.json()
    assert kept == {"id": "mash-day", **MASH}
    assert rest.get(path).json() == kept
    assert rest.get("/api/programs").json() == [kept]
    assert rest.get("/api/programs", params={"machine_id": "other"}).json() == []
    answer = rest.put(path, json={**kept, "name": "Mash at noon"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Mash at noon")
    answer = rest.post(f"{path}/start")
    assert answer.status_code == 202, answer.text
    task = once(rest, answer.json(), lambda now: now["completed_at"])
    assert (task["status"], task["name"], task["machine_id"]) == ("completed", "program", "kettle")
    assert task["run_kwargs"]["name"] == "Mash at noon"
    assert rest.delete(path).status_code == 204
    for answer in (rest.delete(path), rest.get(path), rest.post(f"{path}/start")):
        expect_problem(answer, 404, "PROGRAM_NOT_FOUND")


def test_what_cannot_run_is_not_kept(rest: httpx.Client) -> None:
    path = "/api/programs/bad"
    for body, where in [
        ({}, {"/machine_id", "/steps"}),
        ({**MASH, "machine_id": "gone", "colour": "red"}, {"/machine_id", "/colour"}),
        ({**MASH, "steps": [set_to(hlt=1), {"type": "hold", "for_s": -1}]}, {"/steps/0/values/hlt", "/steps/1/for_s"}),
        ({**MASH, "id": "other"}, {"/id"}),
        ({**MASH, "steps": [{"type": "ask", "message": "x" * 400}] * 200}, {""}),
        ([], {""}),
    ]:
        assert pointers(expect_problem(rest.put(path, json=body), 422, "INVALID")) == where
    expect_problem(rest.put("/api/programs/Not A Slug", json=MASH), 400, "MALFORMED")
    expect_problem(rest.get(path), 404, "PROGRAM_NOT_FOUND")


def test_a_program_outlives_the_daemon_and_is_in_its_backup(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[kettle()])
    assert hearth.rest.put("/api/programs/mash-day", json=MASH).status_code == 201
    task = hearth.rest.post("/api/tasks/backup").json()
    backup = once(hearth.rest, task, lambda now: now["completed_at"])["result"]["file"]
    with tarfile.open(hearth.data / backup) as tar:
        assert "programs/mash-day.json" in tar.getnames()
    hearth.kill()
    hearth.start()
    assert hearth.rest.get("/api/programs/mash-day").json()["steps"] == MASH["steps"]
