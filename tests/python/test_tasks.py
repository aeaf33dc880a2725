"""`/api/tasks`: asking for long jobs, following them, steering them, and what outlives the daemon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import StartHearth
from hearth_daemon import HearthDaemon
from machines import simulated
from rest_helpers import add_profile, expect_problem, pointers, profile_document
from waiting import wait_until

FINAL = {"completed", "cancelled", "error", "interrupted"}

Task = dict[str, Any]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HearthDaemon]:
    with HearthDaemon(tmp_path_factory.mktemp("tasks"), machines=[simulated("m1", interval_ms=100)]) as daemon:
        yield daemon


@pytest.fixture
def rest(daemon: HearthDaemon) -> Iterator[httpx.Client]:
    yield daemon.rest
    for task in daemon.rest.get("/api/tasks").json():
        daemon.rest.delete(f"/api/tasks/{task['id']}")
        ended(daemon.rest, task)
        assert daemon.rest.delete(f"/api/tasks/{task['id']}/cleanup").status_code == 204


def ask(rest: httpx.Client, job: str, *args: object, **kwargs: object) -> Task:
    answer = rest.post(f"/api/tasks/{job}", json={"args": args, "kwargs": kwargs})
    assert answer.status_code == 202, answer.text
    task: Task = answer.json()
    assert answer.headers["Location"] == f"/api/tasks/{task['id']}"
    return task


def look(rest: httpx.Client, task: Task) -> Task:
    now: Task = rest.get(f"/api/tasks/{task['id']}").raise_for_status().json()
    return now


def ended(rest: httpx.Client, task: Task) -> Task:
    def end() -> Task | None:
        now = look(rest, task)
        return now if now["status"] in FINAL and now["completed_at"] else None

    return wait_until(end, f"the end of {task['name']}")


def statuses(rest: httpx.Client) -> dict[str, str]:
    return {task["id"]: task["status"] for task in rest.get("/api/tasks").json()}


def test_a_task_comes_to_its_end_and_says_how_far_it_is(rest: httpx.Client) -> None:
    task = ask(rest, "generator_task", total_steps=5, interval=0.05)
    assert task["status"] in {"pending", "running"}
    done = ended(rest, task)
    assert (done["status"], done["error"]) == ("completed", None)
    assert done["progress"]["current"] == done["progress"]["total"] == 5
    # As moments: texts drop the zeros at their end.
    moments = [datetime.fromisoformat(done[key]) for key in ("created_at", "started_at", "completed_at")]
    assert moments == sorted(moments)


def test_a_failing_task_says_why(rest: httpx.Client) -> None:
    done = ended(rest, ask(rest, "failing_task", "out of beans"))
    assert (done["status"], done["error"]) == ("error", "out of beans")


def test_a_task_stands_still_while_it_is_paused(rest: httpx.Client) -> None:
    task = ask(rest, "generator_task", 200, 0.02)
    assert rest.post(f"/api/tasks/{task['id']}/pause").json()["status"] == "paused"
    # The step that was under way may still be told.
    wait_until(lambda: look(rest, task)["progress"] == look(rest, task)["progress"], "a standstill")
    still = look(rest, task)
    assert still["status"] == "paused"
    assert rest.post(f"/api/tasks/{task['id']}/resume").json()["status"] == "running"
    wait_until(lambda: look(rest, task)["progress"]["current"] > still["progress"]["current"], "progress")


def test_a_cancelled_task_ends_with_the_words_that_clients_know(rest: httpx.Client) -> None:
    task = ask(rest, "generator_task", 1000, 1)
    assert rest.delete(f"/api/tasks/{task['id']}").json()["status"] == "cancelled"
    assert ended(rest, task)["error"] == "Task was cancelled by user."


def test_a_blocking_task_cannot_be_paused_but_cancelled(rest: httpx.Client) -> None:
    task = ask(rest, "hello_world_blocking_task", 600)
    expect_problem(rest.post(f"/api/tasks/{task['id']}/pause"), 409, "INVALID_STATE_TRANSITION")
    rest.delete(f"/api/tasks/{task['id']}")
    assert ended(rest, task)["status"] == "cancelled"


def test_an_exclusive_task_runs_alone_and_nobody_overtakes_it(rest: httpx.Client) -> None:
    first = ask(rest, "generator_task", 1000, 1)
    alone = ask(rest, "exclusive_demo_task", 600)
    last = ask(rest, "generator_task", 1000, 1)
    assert statuses(rest) == {first["id"]: "running", alone["id"]: "pending", last["id"]: "pending"}
    rest.delete(f"/api/tasks/{first['id']}")
    wait_until(lambda: look(rest, alone)["status"] == "running", "its turn")
    assert look(rest, last)["status"] == "pending"
    rest.delete(f"/api/tasks/{alone['id']}")
    wait_until(lambda: look(rest, last)["status"] == "running", "its turn")


def test_three_run_side_by_side(rest: httpx.Client) -> None:
    tasks = [ask(rest, "hello_world_async_task", 1000, 1) for _ in range(4)]
    assert list(statuses(rest).values()) == ["running", "running", "running", "pending"]
    rest.delete(f"/api/tasks/{tasks[1]['id']}")
    wait_until(lambda: look(rest, tasks[3])["status"] == "running", "a free place")


def test_what_cannot_be_done_is_refused_with_every_fault(rest: httpx.Client) -> None:
    problem = expect_problem(rest.post("/api/tasks/scan_task"), 404, "JOB_NOT_FOUND")
    assert "generator_task" in problem["detail"]
    wrong = rest.post("/api/tasks/generator_task", json={"args": [0], "kwargs": {"interval": "soon", "speed": 2}})
    assert pointers(expect_problem(wrong, 422)) == {"/args/0", "/kwargs/interval", "/kwargs/speed"}
    task = ask(rest, "generator_task", 1000, 1)
    expect_problem(rest.delete(f"/api/tasks/{task['id']}/cleanup"), 409, "TASK_UNFINISHED")


def test_profiles_go_out_in_bulk_and_come_back(daemon: HearthDaemon, rest: httpx.Client) -> None:
    for n in range(3):
        add_profile(rest, profile_document(f"Roast {n}", minutes=1))
    out = ended(rest, ask(rest, "export_profiles"))["result"]
    assert out["profiles"] == 3
    shop = daemon.data / "imports" / "shop"
    shop.parent.mkdir()
    (daemon.data / out["folder"]).rename(shop)
    (shop / "notes.txt").write_text("buy beans")
    back = ended(rest, ask(rest, "import_profiles", "shop"))["result"]
    assert (back["imported"], back["refused"][0]["file"]) == (3, "notes.txt")
    assert len(rest.get("/api/profiles").json()["items"]) == 6


def files(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_what_was_cut_by_a_kill_is_interrupted_and_what_had_ended_is_there(start_hearth: StartHearth) -> None:
    daemon = start_hearth()
    done = ended(daemon.rest, ask(daemon.rest, "failing_task", "no"))
    paused = ask(daemon.rest, "generator_task", 1000, 1)
    daemon.rest.post(f"/api/tasks/{paused['id']}/pause").raise_for_status()
    alone = ask(daemon.rest, "exclusive_demo_task", 600)
    daemon.kill()
    (daemon.data / "tasks" / "01920000-0000-7000-8000-000000000000.json").write_text("garbage")
    daemon.start()
    assert look(daemon.rest, done) == done
    for task in (paused, alone):
        now = look(daemon.rest, task)
        assert (now["status"], now["error"]) == ("interrupted", "Task was interrupted by application shutdown.")
    assert "01920000-0000-7000-8000-000000000000.json.damaged" in files(daemon.data / "tasks")
    assert ended(daemon.rest, ask(daemon.rest, "exclusive_demo_task", 0))["status"] == "completed"


def test_an_orderly_stop_interrupts_tasks_in_time(start_hearth: StartHearth) -> None:
    daemon = start_hearth()
    tasks = [ask(daemon.rest, "generator_task", 1000, 1), ask(daemon.rest, "hello_world_blocking_task", 600)]
    code, seconds = daemon.terminate()
    assert code == 0 and seconds < 5
    daemon.start()
    for task in tasks:
        now = look(daemon.rest, task)
        assert now["status"] == "interrupted" and now["completed_at"]
