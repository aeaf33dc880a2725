"""The WebMACS protocol as its document and its known clients use it: a controller that pushes and fetches, a page that listens."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from conftest import StartHearth
from hearth_daemon import HearthDaemon, run_hearth
from live_socket import LiveSocket
from waiting import wait_until

STALE_MS = 2_000


def rig(**driver: Any) -> dict[str, Any]:
    """A machine fed by a remote controller."""
    return {
        "id": "rig",
        "kind": "rig",
        "autoconnect": True,
        "driver": {"type": "push", "stale_after_ms": STALE_MS, "ack_timeout_ms": 1500, **driver},
        "channels": [
            {"id": "reactor", "kind": "sensor", "unit": "celsius", "tag": "evt_temp01"},
            {"id": "inlet", "kind": "sensor", "unit": "fahrenheit", "tag": "evt_temp02"},
            {
                "id": "heater",
                "kind": "control",
                "class": "heat",
                "min": 0,
                "max": 100,
                "step": 1,
                "unit": "percent",
                "failsafe": 0,
                "tag": "evt_heater",
            },
        ],
    }


def sockets(hearth: HearthDaemon, path: str) -> str:
    return hearth.url.replace("http://", "ws://") + path


def push(controller: ClientConnection, tag: str, value: Any, **more: Any) -> None:
    controller.send(json.dumps({"event_public_id": tag, "value": value, **more}))


@pytest.fixture
def hearth(start_hearth: StartHearth) -> HearthDaemon:
    return start_hearth(machines=[rig()])


@pytest.fixture
def controller(hearth: HearthDaemon) -> Any:
    with connect(sockets(hearth, "/ws/controller/telemetry?token=anything"), proxy=None) as socket:
        yield socket


@pytest.fixture
def page(hearth: HearthDaemon) -> Any:
    with LiveSocketOn(hearth, "/ws/datapoints/stream") as socket:
        yield socket


class LiveSocketOn(LiveSocket):
    """A page: it remembers every frame."""

    def __init__(self, hearth: HearthDaemon, path: str) -> None:
        super().__init__(sockets(hearth, path))

    def __enter__(self) -> LiveSocketOn:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def values(self, tag: str) -> list[float]:
        batches = [frame["datapoints"] for frame in self.frames if frame.type == "datapoints_batch"]
        return [point["value"] for batch in batches for point in batch if point["event_public_id"] == tag]


def connected(hearth: HearthDaemon) -> None:
    wait_until(
        lambda: hearth.rest.get("/api/machines/rig/session").json()["driver_state"] == "connected", "the rig is connected"
    )


def test_a_value_reaches_every_page_with_its_own_time_and_in_its_own_unit(
    hearth: HearthDaemon, controller: ClientConnection, page: LiveSocketOn
) -> None:
    assert page.wait_for("connected")["message"]
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 7))
    push(controller, "evt_temp01", 23.45, timestamp=now + ".000Z")
    frame = page.wait_for("datapoints_batch")
    [point] = frame["datapoints"]
    assert point["value"] == frame["value"] == 23.45
    assert point["event_public_id"] == frame["event_public_id"] == "evt_temp01"
    assert point["timestamp"].startswith(now)
    assert point["experiment_public_id"] is None
    assert {"public_id", "machine_id", "session_id", "seq"} <= set(point)
    push(controller, "evt_temp02", 212)
    wait_until(lambda: page.values("evt_temp02") == [212.0], "212 °F stay 212 °F")
    assert page.values("evt_temp01") == [23.45], "what was not sent again is not told again"
    shown = hearth.rest.get("/api/machines/rig/session").json()["last_reading"]["extra_channels"]
    assert shown == {"reactor": 23.45, "inlet": 100.0}


def test_a_batch_is_taken_whole_and_a_tag_twice_in_it_is_two_values(
    controller: ClientConnection, page: LiveSocketOn
) -> None:
    points = [{"event_public_id": "evt_temp01", "value": value} for value in (1, 2.5, "3.5")]
    controller.send(json.dumps({"datapoints": points}))
    wait_until(lambda: page.values("evt_temp01") == [1.0, 2.5, 3.5], "all three, in order")


def test_a_recording_is_the_experiment_of_its_datapoints(
    hearth: HearthDaemon, controller: ClientConnection, page: LiveSocketOn
) -> None:
    push(controller, "evt_temp01", 20)
    connected(hearth)
    hearth.rest.post("/api/machines/rig/session", json={"action": "start_monitoring"})
    session = hearth.rest.post("/api/machines/rig/session", json={"action": "start_recording"}).json()["session_id"]
    push(controller, "evt_temp01", 21)
    wait_until(lambda: page.values("evt_temp01")[-1:] == [21.0], "the value of the recording")
    assert page.frames[-1]["experiment_public_id"] == session


def test_an_order_is_fetched_and_confirmed_by_telemetry(hearth: HearthDaemon, controller: ClientConnection) -> None:
    push(controller, "evt_temp01", 20)
    connected(hearth)

    def controls() -> None:
        def wanted() -> float | None:
            latest = hearth.rest.get("/api/v1/datapoints/latest").json()
            return next((point["value"] for point in latest if point["event_public_id"] == "evt_heater"), None)

        push(controller, "evt_heater", wait_until(wanted, "an order to fetch"))

    fetches = threading.Thread(target=controls)
    fetches.start()
    answer = hearth.rest.post("/api/v1/datapoints", json={"event_public_id": "evt_heater", "value": 40})
    fetches.join()
    assert (answer.status_code, answer.json()["status"]) == (201, "success")
    [heater] = hearth.rest.get("/api/machines/rig/session").json()["controls"]
    assert (heater["id"], heater["value"]) == ("heater", 0.4)


def test_an_order_that_telemetry_never_shows_is_not_confirmed(
    hearth: HearthDaemon, controller: ClientConnection, page: LiveSocketOn
) -> None:
    push(controller, "evt_temp01", 20)
    connected(hearth)
    stop = threading.Event()

    def goes_on() -> None:
        while not stop.wait(0.2):
            push(controller, "evt_temp01", 20.5)

    talks = threading.Thread(target=goes_on)
    talks.start()
    before = len(page.values("evt_temp01"))
    answer = hearth.rest.post("/api/machines/rig/controls/heater", json={"value": 0.4})
    stop.set()
    talks.join()
    assert answer.status_code == 502
    assert "not confirmed" in answer.json()["detail"]
    assert len(page.values("evt_temp01")) > before + 2, "readings went on while the order waited"


def test_silence_is_a_lost_link_and_speaking_again_ends_it(hearth: HearthDaemon, controller: ClientConnection) -> None:
    push(controller, "evt_temp01", 20)
    connected(hearth)

    def state() -> str:
        return str(hearth.rest.get("/api/machines/rig/session").json()["driver_state"])

    wait_until(lambda: state() == "reconnecting", "the controller is missed")
    push(controller, "evt_temp01", 20)
    wait_until(lambda: state() == "connected", "the controller is back")


def test_bad_telemetry_is_told_and_good_goes_on(controller: ClientConnection, page: LiveSocketOn) -> None:
    def error(message: str) -> str:
        controller.send(message)
        answer = json.loads(controller.recv(timeout=5))
        assert answer["type"] == "error"
        return str(answer["message"])

    assert error("{nonsense") == "this is no JSON"
    assert error('{"datapoints": [{"value": 1}, 7, {"event_public_id": "evt_temp01", "value": "warm"}]}') == (
        "No valid datapoints in batch"
    )
    many = json.dumps({"datapoints": [{"event_public_id": "evt_temp01", "value": 1}] * 501})
    assert error(many) == "Batch too large (501), max 500"
    assert "evt_nowhere" in error('{"event_public_id": "evt_nowhere", "value": 1}')
    push(controller, "evt_nowhere", 2)
    controller.send('{"datapoints": []}')
    push(controller, "evt_temp01", 23)
    wait_until(lambda: page.values("evt_temp01") == [23.0], "what is right is taken")
    with pytest.raises(TimeoutError):
        controller.recv(timeout=0.3)


def test_a_page_is_answered_and_may_say_what_it_likes(page: LiveSocketOn) -> None:
    page.send(type="subscribe", what="ever")
    page.send(type="ping")
    page.wait_for("pong")
    page.send_text("{nonsense")
    assert page.wait_for("error")["message"] == "this is no JSON"


def test_a_page_that_polls_sees_the_same(hearth: HearthDaemon, controller: ClientConnection) -> None:
    for value in (20, 21, 22):
        push(controller, "evt_temp01", value)

    def latest() -> list[Any]:
        return [point["value"] for point in hearth.rest.get("/api/v1/datapoints/latest").json()]

    wait_until(lambda: latest() == [22.0], "the newest")
    listed = hearth.rest.get("/api/v1/datapoints", params={"page": 1, "page_size": 2}).json()
    assert (listed["page"], listed["page_size"], listed["total"]) == (1, 2, 3)
    assert [point["value"] for point in listed["data"]] == [22.0, 21.0]
    rest = hearth.rest.get("/api/v1/datapoints/", params={"page": 2, "page_size": 2}).json()
    assert [point["value"] for point in rest["data"]] == [20.0]


def test_posting_takes_values_and_says_what_is_unknown(hearth: HearthDaemon, page: LiveSocketOn) -> None:
    one = hearth.rest.post("/api/v1/datapoints", json={"event_public_id": "evt_temp01", "value": 1.5})
    assert one.status_code == 201
    points = [{"event_public_id": tag, "value": 7} for tag in ("evt_temp01", "evt_temp02")]
    batch = hearth.rest.post("/api/v1/datapoints/batch", json={"datapoints": points})
    assert (batch.status_code, batch.json()["message"]) == (201, "2 datapoints successfully created.")
    wait_until(lambda: page.values("evt_temp01") == [1.5, 7.0], "both came through")
    unknown = hearth.rest.post("/api/v1/datapoints", json={"event_public_id": "evt_x", "value": 1})
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Event 'evt_x' not found."})
    wrong = hearth.rest.post("/api/v1/datapoints", json={"event_public_id": "evt_temp01", "value": None})
    assert (wrong.status_code, wrong.json()) == (422, {"detail": "No valid datapoints in batch"})


class Page:
    """What the pages of WebMACS do: reconnect with growing pauses, three times at most, then poll."""

    RETRIES = 3

    def __init__(self, hearth: HearthDaemon, token: str) -> None:
        self.hearth = hearth
        self.url = sockets(hearth, f"/ws/datapoints/stream?token={token}")
        self.retries = 0
        self.seen: list[float] = []

    def follow(self, until: int) -> str:
        """Listens until `until` values were seen; how the last of them came."""
        while self.retries <= self.RETRIES:
            try:
                with connect(self.url, proxy=None, open_timeout=2) as socket:
                    self.retries = 0
                    while len(self.seen) < until:
                        frame = json.loads(socket.recv(timeout=10))
                        self.seen += [point["value"] for point in frame.get("datapoints", [])]
                    return "socket"
            except (OSError, WebSocketException):
                self.retries += 1
                time.sleep(0.01 * 2**self.retries)
        return "polling"

    def poll(self) -> list[float]:
        return [point["value"] for point in self.hearth.rest.get("/api/v1/datapoints/latest").json()]


def test_a_page_that_lost_its_socket_comes_back_by_itself_and_one_that_cannot_polls(hearth: HearthDaemon) -> None:
    page = Page(hearth, "anything")
    post = {"event_public_id": "evt_temp01"}

    def feed(value: float) -> None:
        assert hearth.rest.post("/api/v1/datapoints", json={**post, "value": value}).status_code == 201

    feeding = threading.Timer(0.5, feed, [1.0])
    feeding.start()
    assert page.follow(until=1) == "socket"
    feeding.join()
    hearth.kill()
    assert page.follow(until=2) == "polling", "three attempts, then the page polls"
    hearth.environment["HEARTH_SERVER__LISTEN"] = hearth.url.removeprefix("http://")
    hearth.start()
    feed(3.0)
    # Beside it stands what the controller shall make safe after the kill.
    wait_until(lambda: 3.0 in page.poll(), "polling sees what is new")
    page.retries = 0
    feeding = threading.Timer(0.5, feed, [4.0])
    feeding.start()
    assert page.follow(until=2) == "socket"
    assert page.seen == [1.0, 4.0]


def test_whoever_logs_in_gets_a_token_that_opens_what_a_made_up_one_does_not(
    start_hearth: StartHearth, tmp_path: Path
) -> None:
    hashed = run_hearth("hash-password", cwd=tmp_path, typed="first crack\n")
    assert hashed.returncode == 0, hashed.stderr
    anna = {"email": "anna@roastery.example", "password_hash": hashed.stdout.strip(), "role": "operator"}
    settings = {
        "auth": {"users": [anna]},
        "dialects": {"webmacs": {"listen": "127.0.0.1:0", "anonymous_role": "none"}},
    }
    hearth = start_hearth(machines=[rig()], settings=settings)
    own = hearth.own_url("webmacs")
    login = {"email": "anna@roastery.example", "password": "first crack"}
    answer = httpx.post(f"{own}/api/v1/auth/login", json=login, trust_env=False)
    assert answer.status_code == 200 and answer.json()["status"] == "success"
    token = answer.json()["access_token"]
    stream = own.replace("http://", "ws://") + "/ws/datapoints/stream"
    with connect(f"{stream}?token={token}", proxy=None) as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "connected"
    for query in ("", "?token=made-up"):
        with connect(stream + query, proxy=None) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008 and closed.value.rcvd.reason
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{own}/api/v1/datapoints/latest", headers=bearer, trust_env=False).status_code == 200
    assert httpx.get(f"{own}/api/v1/datapoints/latest", trust_env=False).status_code == 401
    assert httpx.get(f"{own}/health", trust_env=False).json()["database"] == "ok"
