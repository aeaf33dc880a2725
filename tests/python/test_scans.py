"""Scans: a full turn of a turntable with a picture at each position, as a task."""

from __future__ import annotations

from typing import Any

import httpx

from conftest import StartHearth
from rest_helpers import expect_problem, pointers
from waiting import wait_until

SCANNER = {
    "id": "scanner",
    "kind": "scanner",
    "autoconnect": True,
    "sampling_interval_ms": 200,
    "driver": {"type": "simulator", "model": "scanner", "speed": 20.0, "noise": 0.0},
}


def ended(rest: httpx.Client, task: dict[str, Any]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        now = rest.get(f"/api/tasks/{task['id']}").json()
        return now if now["completed_at"] else None

    return wait_until(look, "the end of the scan", 60.0)


def test_a_scan_turns_the_table_and_keeps_its_pictures(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[SCANNER])
    rest = hearth.rest
    wait_until(lambda: rest.get("/api/machines/scanner/health").json()["driver_state"] == "connected", "the scanner")
    assert rest.post("/api/machines/scanner/controls/ring_light", json={"value": 1}).is_success
    answer = rest.post("/api/tasks/scan", json={"kwargs": {"machine_id": "scanner", "positions": 6}})
    assert answer.status_code == 202, answer.text
    done = ended(rest, answer.json())
    assert (done["status"], done["progress"]["total"]) == ("completed", 6), done
    pictures = done["result"]["pictures"]
    assert [round(picture["position"]) for picture in pictures] == [0, 60, 120, 180, 240, 300]
    files = [(hearth.data / done["result"]["folder"] / picture["file"]).read_bytes() for picture in pictures]
    assert all(file.startswith(b"\x89PNG") for file in files)
    assert len(set(files)) == 6, "the object turned"


def test_a_scan_of_what_is_no_scanner_is_refused(start_hearth: StartHearth) -> None:
    rest = start_hearth(machines=[SCANNER]).rest
    body = {"kwargs": {"machine_id": "scanner", "positions": 1001, "turntable": "ring_light", "camera": "gone"}}
    where = {"/kwargs/positions", "/kwargs/turntable", "/kwargs/camera"}
    assert pointers(expect_problem(rest.post("/api/tasks/scan", json=body), 422, "INVALID")) == where


def test_a_scan_of_a_daemon_that_was_killed_leaves_no_picture_behind_at_the_next_start(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[SCANNER])
    wait_until(
        lambda: hearth.rest.get("/api/machines/scanner/health").json()["driver_state"] == "connected", "the scanner"
    )
    body = {"kwargs": {"machine_id": "scanner", "positions": 1000}}
    task = hearth.rest.post("/api/tasks/scan", json=body).json()
    folder = hearth.data / "scans" / task["id"]
    wait_until(lambda: (folder / "0002.png").exists(), "two pictures")
    hearth.kill()
    assert folder.exists()
    hearth.start()
    assert hearth.rest.get(f"/api/tasks/{task['id']}").json()["status"] == "interrupted"
    assert not folder.exists()
