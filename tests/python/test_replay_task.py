"""Replay as a task: it follows the machine's replay, and the replay follows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from hearth_daemon import HearthDaemon
from machines import simulated
from rest_helpers import add_profile, expect_problem, pointers, profile_document
from waiting import wait_until

Task = dict[str, Any]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HearthDaemon]:
    with HearthDaemon(tmp_path_factory.mktemp("replays"), machines=[simulated("m1", interval_ms=100)]) as daemon:
        wait_until(lambda: session(daemon.rest)["driver_state"] == "connected", "the machine")
        yield daemon


def session(rest: httpx.Client) -> dict[str, Any]:
    answer: dict[str, Any] = rest.get("/api/machines/m1/session").json()
    return answer


def start(rest: httpx.Client, profile: str, **more: Any) -> Task:
    kwargs = {"machine_id": "m1", "profile_id": profile, **more}
    answer = rest.post("/api/tasks/replay", json={"kwargs": kwargs})
    assert answer.status_code == 202, answer.text
    task: Task = answer.json()
    return task


def once(rest: httpx.Client, task: Task, fits: Any) -> Task:
    def look() -> Task | None:
        now: Task = rest.get(f"/api/tasks/{task['id']}").json()
        return now if fits(now) else None

    return wait_until(look, "the replay")


def status_after(daemon: HearthDaemon, mark: int, state: str) -> None:
    daemon.sockets[-1].wait_for("replay_status", since=mark, state=state)


def test_a_replay_runs_to_its_end_and_says_how_far_it_is(daemon: HearthDaemon) -> None:
    profile = add_profile(daemon.rest, profile_document(minutes=1))
    done = once(daemon.rest, start(daemon.rest, profile, speed=60), lambda now: now["completed_at"])
    assert (done["status"], done["error"], done["result"]["seconds"]) == ("completed", None, 60)
    assert done["machine_id"] == "m1"


def test_pausing_and_cancelling_the_task_does_so_with_the_replay(daemon: HearthDaemon) -> None:
    profile = add_profile(daemon.rest, profile_document(minutes=10))
    screen = daemon.live("m1")
    task = start(daemon.rest, profile, speed=10)
    once(daemon.rest, task, lambda now: now["progress"]["current"] > 0)
    for verb, state in (("pause", "paused"), ("resume", "playing")):
        mark = screen.here()
        assert daemon.rest.post(f"/api/tasks/{task['id']}/{verb}").is_success
        status_after(daemon, mark, state)
    mark = screen.here()
    assert daemon.rest.delete(f"/api/tasks/{task['id']}").json()["status"] == "cancelled"
    status_after(daemon, mark, "stopped")
    screen.close()


def test_who_stops_the_replay_at_the_machine_ends_the_task(daemon: HearthDaemon) -> None:
    profile = add_profile(daemon.rest, profile_document(minutes=10))
    task = start(daemon.rest, profile)
    once(daemon.rest, task, lambda now: now["progress"]["total"] == 600)
    second = start(daemon.rest, profile, speed=100)
    ended = once(daemon.rest, task, lambda now: now["completed_at"])
    assert (ended["status"], "another one took its place" in ended["error"]) == ("error", True)
    assert once(daemon.rest, second, lambda now: now["completed_at"])["status"] == "completed"


def test_moves_of_a_replay_reach_the_machine_and_keep_programs_away(daemon: HearthDaemon) -> None:
    profile = add_profile(daemon.rest, profile_document(minutes=10))
    task = start(daemon.rest, profile, apply_controls=True)
    once(daemon.rest, task, lambda now: now["progress"]["total"] == 600)
    hold = {"args": ["m1", [{"type": "hold", "for_s": 1}]]}
    program = daemon.rest.post("/api/tasks/program", json=hold).json()
    refused = once(daemon.rest, program, lambda now: now["completed_at"])
    assert task["id"] in refused["error"]
    daemon.rest.delete(f"/api/tasks/{task['id']}")
    once(daemon.rest, task, lambda now: now["completed_at"])


def test_while_outputs_are_latched_a_replay_of_controls_is_refused_and_one_to_look_at_is_not(daemon: HearthDaemon) -> None:
    profile = add_profile(daemon.rest, profile_document(minutes=1))
    assert daemon.rest.post("/api/machines/m1/stop").is_success
    refused = once(daemon.rest, start(daemon.rest, profile, apply_controls=True), lambda now: now["completed_at"])
    assert (refused["status"], "re-arm first" in refused["error"]) == ("error", True)
    shown = once(daemon.rest, start(daemon.rest, profile, speed=100), lambda now: now["completed_at"])
    assert shown["status"] == "completed"
    assert daemon.rest.post("/api/machines/m1/rearm").is_success
    moved = once(daemon.rest, start(daemon.rest, profile, speed=100, apply_controls=True), lambda now: now["completed_at"])
    assert moved["status"] == "completed"


def test_what_cannot_be_replayed_is_refused(daemon: HearthDaemon) -> None:
    task = start(daemon.rest, "0198f2a4-5c1e-7d30-9b7a-3f6f0c2d1e55")
    gone = once(daemon.rest, task, lambda now: now["completed_at"])
    assert (gone["status"], "there is no profile" in gone["error"]) == ("error", True)
    body = {"args": ["m1", "a profile", 1000, "yes"]}
    answer = daemon.rest.post("/api/tasks/replay", json=body)
    assert pointers(expect_problem(answer, 422, "INVALID")) == {"/args/1", "/args/2", "/args/3"}
