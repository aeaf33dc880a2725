"""The OpenScan protocol as its document and its known clients use it: two sockets to listen to, REST to look and to steer."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from conftest import StartHearth
from hearth_daemon import HearthDaemon
from live_socket import LiveSocket
from waiting import wait_until

PREFIXES = ("/latest", "/v0.9", "/next", "/api/v0.9")
FINAL = {"completed", "cancelled", "error", "interrupted"}
#: A client that says nothing is pinged after this long.
PING_S = 30

Task = dict[str, Any]
Answer = tuple[int, Any]


def scanner(speed: float = 10.0) -> dict[str, Any]:
    """A simulated scanner with the simulator's own channels."""
    return {
        "id": "bench",
        "name": "Bench",
        "kind": "scanner",
        "autoconnect": True,
        "sampling_interval_ms": 200,
        "driver": {"type": "simulator", "model": "scanner", "speed": speed, "noise": 0.0},
    }


def rest(
    hearth: HearthDaemon, method: str, path: str, body: object = None, raw: bytes | None = None, **headers: str
) -> Answer:
    """Asks with nothing but the standard library; status and body."""
    data = raw if raw is not None else None if body is None else json.dumps(body).encode()
    kind = {} if data is None else {"Content-Type": "application/json"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(hearth.url + path, data=data, method=method, headers={**kind, **named})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


class Page(LiveSocket):
    """A page on one of the two sockets: it remembers every frame."""

    def __init__(self, hearth: HearthDaemon, path: str) -> None:
        super().__init__(hearth.url.replace("http", "ws", 1) + path)

    def statuses(self, task: Task) -> list[str]:
        mine = [frame["task"]["status"] for frame in self.frames if frame.type == "task.update" and of(frame, task)]
        return [word for place, word in enumerate(mine) if place == 0 or mine[place - 1] != word]

    def devices(self) -> list[dict[str, Any]]:
        return [frame.data for frame in self.frames if frame.type == "device.status"]


def of(frame: Any, task: Task) -> bool:
    return bool(frame["task"]["id"] == task["id"])


@pytest.fixture(scope="module")
def hearth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HearthDaemon]:
    with HearthDaemon(tmp_path_factory.mktemp("openscan"), machines=[scanner()]) as daemon:
        ready(daemon)
        yield daemon


@pytest.fixture
def tasks(hearth: HearthDaemon) -> Iterator[Page]:
    page = Page(hearth, "/latest/ws/tasks")
    yield page
    page.close()
    for task in rest(hearth, "GET", "/latest/tasks/")[1]:
        rest(hearth, "DELETE", f"/latest/tasks/{task['id']}")
        wait_until(lambda task=task: look(hearth, task)["completed_at"], "its end")
        assert rest(hearth, "DELETE", f"/latest/tasks/{task['id']}/cleanup") == (204, None)


@pytest.fixture
def device(hearth: HearthDaemon) -> Iterator[Page]:
    page = Page(hearth, "/latest/ws/device")
    yield page
    page.close()


def ready(hearth: HearthDaemon) -> None:
    def turned() -> bool:
        info = rest(hearth, "GET", "/latest/device/info")[1]
        return bool(info.get("initialized") and info["motors"]["turntable"]["angle"] is not None)

    wait_until(turned, "the scanner answers")


def ask(hearth: HearthDaemon, job: str, *args: object, **kwargs: object) -> Task:
    status, task = rest(hearth, "POST", f"/latest/tasks/{job}", {"args": args, "kwargs": kwargs})
    assert status == 202, task
    return dict(task)


def look(hearth: HearthDaemon, task: Task) -> Task:
    status, now = rest(hearth, "GET", f"/latest/tasks/{task['id']}")
    assert status == 200, now
    return dict(now)


def test_the_documents_task_client_follows_a_task_to_its_end(hearth: HearthDaemon, tasks: Page) -> None:
    async def listen() -> list[str]:
        seen: list[str] = []
        async with websockets.connect(hearth.url.replace("http", "ws", 1) + "/latest/ws/tasks", proxy=None) as ws:
            await asyncio.to_thread(ask, hearth, "generator_task", 3, 0.05)
            async for message in ws:
                payload = json.loads(message)
                if payload.get("type") == "ping":
                    await ws.send(json.dumps({"type": "pong"}))
                    continue
                task = payload.get("task", {})
                seen.append(task["status"])
                if task["status"] in FINAL:
                    break
        return seen

    seen = asyncio.run(asyncio.wait_for(listen(), 20))
    assert seen[:2] == ["pending", "running"] and seen[-1] == "completed", seen


def test_the_life_of_a_task_is_told_pause_by_pause(hearth: HearthDaemon, tasks: Page) -> None:
    task = ask(hearth, "generator_task", 1000, 0.05)
    at = f"/v0.9/tasks/{task['id']}"
    wait_until(lambda: look(hearth, task)["status"] == "running", "its turn")
    assert rest(hearth, "POST", f"{at}/resume")[1]["status"] == "running", "one that runs stays as it is"
    assert rest(hearth, "POST", f"{at}/pause")[1]["status"] == "paused"
    assert rest(hearth, "POST", f"{at}/resume")[1]["status"] == "running"
    status, refused = rest(hearth, "DELETE", f"{at}/cleanup")
    assert status == 409 and list(refused) == ["detail"], refused
    assert rest(hearth, "DELETE", at)[1]["status"] == "cancelled"
    wait_until(lambda: look(hearth, task)["completed_at"], "its end")
    assert look(hearth, task)["error"] == "Task was cancelled by user."
    wait_until(lambda: tasks.statuses(task)[-1] == "cancelled", "the page hears of it")
    assert tasks.statuses(task) == ["pending", "running", "paused", "running", "cancelled"]
    assert rest(hearth, "POST", f"{at}/pause")[1]["status"] == "cancelled", "one that ended stays as it is"


def test_a_failing_task_says_why_on_the_socket_and_by_rest(hearth: HearthDaemon, tasks: Page) -> None:
    task = ask(hearth, "failing_task", "no film")
    wait_until(lambda: tasks.statuses(task)[-1:] == ["error"], "its end")
    assert look(hearth, task)["error"] == "no film"
    assert "run_args" in look(hearth, task), "REST tells arguments"
    assert all("run_args" not in frame["task"] for frame in tasks.frames), "the socket does not"


def test_a_blocking_task_cannot_be_paused(hearth: HearthDaemon, tasks: Page) -> None:
    task = ask(hearth, "hello_world_blocking_task", 600)
    wait_until(lambda: look(hearth, task)["status"] == "running", "its turn")
    status, refused = rest(hearth, "POST", f"/latest/tasks/{task['id']}/pause")
    assert (status, refused) == (404, {"detail": f"Task {task['id']} not found or cannot be paused."})


def test_a_project_lists_its_own_tasks(hearth: HearthDaemon, tasks: Page) -> None:
    status, mine = rest(hearth, "POST", "/latest/tasks/generator_task", {"args": [1, 0.01], "project": "owl"})
    assert status == 202
    ask(hearth, "generator_task", 1, 0.01)
    for path in ("/latest/projects/owl/tasks", "/api/v0.9/projects/owl/tasks/"):
        assert [task["id"] for task in rest(hearth, "GET", path)[1]] == [mine["id"]]
    assert rest(hearth, "GET", "/latest/projects/bee/tasks") == (200, [])


def at(device: dict[str, Any], path: str) -> Any:
    value: Any = device
    for key in path.split("."):
        value = value[key]
    return value


def paths_that_differ(old: Any, new: Any, path: str = "") -> set[str]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return {path} if old != new else set()
    keys = old.keys() | new.keys()
    below = (paths_that_differ(old.get(key), new.get(key), f"{path}.{key}" if path else key) for key in keys)
    return set().union(*below)


def test_changed_names_exactly_the_paths_that_differ_from_what_was_known(hearth: HearthDaemon, device: Page) -> None:
    known = rest(hearth, "GET", "/latest/device/info")[1]
    there = 30.0 if known["motors"]["turntable"]["angle"] != 30.0 else 60.0
    status, motor = rest(hearth, "PUT", f"/latest/motors/turntable/angle?degrees={there}")
    assert (status, motor["angle"], motor["busy"]) == (200, there, False), motor
    assert rest(hearth, "PATCH", "/latest/lights/ring_light/toggle")[0] == 200
    wait_until(
        lambda: device.devices() and device.devices()[-1]["device"] == rest(hearth, "GET", "/next/device/info")[1],
        "the page knows what REST knows",
    )
    busy = []
    for frame in device.devices():
        assert set(frame["changed"]) == paths_that_differ(known, frame["device"])
        assert len(frame["changed"]) == len(set(frame["changed"]))
        busy += [at(frame["device"], path) for path in frame["changed"] if path == "motors.turntable.busy"]
        known = frame["device"]
    assert busy == [True, False], "a move is told at its start and at its end"


def test_a_move_that_takes_seconds_is_answered_at_its_end(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[scanner(speed=1.0)])
    ready(hearth)
    since = time.monotonic()
    status, motor = rest(hearth, "PATCH", "/latest/motors/rotor/angle", {"degrees": 60})
    assert (status, motor["angle"], motor["busy"]) == (200, 60.0, False), motor
    assert time.monotonic() - since >= 2.4, "40 ms per degree"


def test_who_holds_the_machine_steers_it_and_others_are_told_423(hearth: HearthDaemon) -> None:
    path = "/latest/lights/ring_light/turn_on"
    take = {"action": "take_control"}
    status, _ = rest(hearth, "POST", "/api/machines/bench/session", take, X_Client_Id="c-1", X_Client_Name="anna")
    assert status == 200
    try:
        status, refused = rest(hearth, "PATCH", path, X_Client_Id="c-2")
        assert status == 423 and list(refused) == ["detail"] and "anna" in refused["detail"], refused
        assert rest(hearth, "PATCH", path, X_Client_Id="c-1")[0] == 200
    finally:
        release = {"action": "release_control"}
        rest(hearth, "POST", "/api/machines/bench/session", release, X_Client_Id="c-1")


def test_a_machine_that_is_not_connected_is_told_409(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[scanner()])
    ready(hearth)
    assert rest(hearth, "POST", "/api/machines/bench/disconnect")[0] == 200
    status, refused = rest(hearth, "PUT", "/latest/motors/turntable/angle?degrees=1")
    assert status == 409 and list(refused) == ["detail"], refused


def test_a_write_that_fails_is_told_502(start_hearth: StartHearth) -> None:
    faulty = scanner()
    faulty["driver"]["faults"] = [{"kind": "timeout", "at_ms": 30_000, "for_ms": 600_000}]
    hearth = start_hearth(machines=[faulty])
    ready(hearth)

    def failing() -> Answer | None:
        answer = rest(hearth, "PATCH", "/latest/lights/ring_light/turn_on")
        return answer if answer[0] != 200 else None

    status, refused = wait_until(failing, "the fault strikes")
    assert (status, list(refused)) == (502, ["detail"]), refused


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/tasks/no-such", None, 404),
        ("GET", "/tasks/0198f2a4-7e02-7c11-8a40-5d2b9e6f1a07", None, 404),
        ("POST", "/tasks/no-such", {}, 404),
        ("POST", "/tasks/generator_task", {"args": "many"}, 422),
        ("POST", "/tasks/generator_task", {"kwargs": [1]}, 422),
        ("POST", "/tasks/generator_task", [1, 2], 422),
        ("POST", "/tasks/0198f2a4-7e02-7c11-8a40-5d2b9e6f1a07/resume", None, 404),
        ("DELETE", "/tasks/0198f2a4-7e02-7c11-8a40-5d2b9e6f1a07", None, 404),
        ("GET", "/device/info?machine=nobody", None, 404),
        ("GET", "/motors/nobody", None, 404),
        ("PUT", "/motors/turntable/angle", None, 422),
        ("PUT", "/motors/turntable/angle?degrees=1e999", None, 422),
        ("PATCH", "/motors/turntable/angle", {"degrees": None}, 422),
        ("PATCH", "/motors/turntable/angle", {"degrees": 1000}, 422),
        ("PATCH", "/lights/turntable/turn_on", None, 404),
        ("PUT", "/lights/ring_light/turn_on", None, 405),
    ],
)
def test_what_cannot_be_done_is_told_as_a_detail(
    hearth: HearthDaemon, method: str, path: str, body: object, status: int
) -> None:
    for prefix in PREFIXES:
        told, answer = rest(hearth, method, prefix + path, body)
        assert told == status, (prefix, answer)
        assert isinstance(answer["detail"], list if status == 422 else str), answer


def test_an_order_of_somebody_without_a_usable_id_is_refused(hearth: HearthDaemon) -> None:
    status, refused = rest(hearth, "PATCH", "/latest/lights/ring_light/turn_on", X_Client_Id="a b")
    assert status == 400 and list(refused) == ["detail"], refused


def test_a_body_that_is_no_json_is_a_fault_of_the_body(hearth: HearthDaemon) -> None:
    status, refused = rest(hearth, "POST", "/latest/tasks/generator_task", raw=b"{nonsense")
    assert (status, refused["detail"][0]["type"]) == (422, "json_invalid")


@pytest.mark.parametrize("path", ["/ws/tasks", "/next/ws/tasks", "/api/v0.9/ws/device"])
def test_text_is_ignored_while_binary_and_oversized_frames_end_the_socket(hearth: HearthDaemon, path: str) -> None:
    url = hearth.url.replace("http", "ws", 1) + path
    for message, code in ((b"\x00", 1003), ("x" * (1 << 20), 1009)):
        with connect(url, proxy=None) as socket:
            for text in ("{not json", '{"type": "pong"}', "[]", '{"type": "task.update"}', ""):
                socket.send(text)
            with pytest.raises(TimeoutError):
                socket.recv(timeout=0.2)
            socket.send(message)
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=10)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == code


def test_a_silent_client_is_pinged_though_others_are_told_things_and_one_that_answers_stays(
    hearth: HearthDaemon, tasks: Page
) -> None:
    with connect(hearth.url.replace("http", "ws", 1) + "/latest/ws/tasks", proxy=None) as socket:
        since = time.monotonic()
        task = ask(hearth, "generator_task", 8, 5)
        while json.loads(socket.recv(timeout=PING_S + 10)) != {"type": "ping"}:
            pass
        assert PING_S - 1 <= time.monotonic() - since <= PING_S + 5
        socket.send(json.dumps({"type": "pong"}))
        rest(hearth, "DELETE", f"/latest/tasks/{task['id']}")
        while json.loads(socket.recv(timeout=10))["task"]["status"] != "cancelled":
            pass


def test_a_page_cut_off_comes_back_and_reads_by_rest_what_it_missed(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[scanner()])
    ready(hearth)
    page, machine = Page(hearth, "/latest/ws/tasks"), Page(hearth, "/latest/ws/device")
    running = ask(hearth, "generator_task", 1000, 1)
    failed = ask(hearth, "failing_task", "no")
    wait_until(lambda: page.statuses(running)[-1:] == ["running"], "its turn")
    wait_until(lambda: look(hearth, failed)["completed_at"], "its end")
    hearth.kill()
    page.close()
    machine.close()
    hearth.start()
    ready(hearth)
    again = Page(hearth, "/latest/ws/tasks")
    by_rest = {task["id"]: task for task in rest(hearth, "GET", "/latest/tasks/")[1]}
    cut = by_rest[running["id"]]
    assert (cut["status"], cut["error"]) == ("interrupted", "Task was interrupted by application shutdown.")
    assert by_rest[failed["id"]]["status"] == "error"
    assert again.frames == [], "nothing is told on connect"
    new = ask(hearth, "generator_task", 1, 0.01)
    wait_until(lambda: again.statuses(new)[-1:] == ["completed"], "the new socket tells on")
    again.close()


def test_a_page_that_only_polls_sees_the_same(hearth: HearthDaemon, tasks: Page) -> None:
    task = ask(hearth, "generator_task", 5, 0.05)
    wait_until(lambda: look(hearth, task)["status"] == "completed", "polling sees its end")
    wait_until(lambda: tasks.statuses(task)[-1:] == ["completed"], "so does the socket")
    last = [frame["task"] for frame in tasks.frames if of(frame, task)][-1]
    polled = look(hearth, task)
    assert last == {key: polled[key] for key in last}
    for listed in ("motors", "lights", "cameras"):
        assert rest(hearth, "GET", f"/latest/{listed}/")[1] == rest(hearth, "GET", "/latest/device/info")[1][listed]


def test_a_listener_of_its_own_serves_this_dialect_and_no_other(start_hearth: StartHearth) -> None:
    settings = {"dialects": {"openscan": {"listen": "127.0.0.1:0", "anonymous_role": "viewer"}}}
    hearth = start_hearth(machines=[scanner()], settings=settings)
    own = hearth.own_url("openscan")
    hearth.url = own.rstrip("/")
    assert rest(hearth, "GET", "/versions")[1]["latest"] == "v0.9"
    assert rest(hearth, "GET", "/latest/device/info")[0] == 200
    assert rest(hearth, "GET", "/health")[1]["status"] == "ok"
    assert rest(hearth, "PATCH", "/latest/lights/ring_light/toggle")[0] == 403
    assert rest(hearth, "GET", "/api/machines")[0] == 404
