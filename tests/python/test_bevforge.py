"""The BevForge protocol as its document and its known pages use it: a page that subscribes, orders, acknowledges and comes back."""

from __future__ import annotations

import json
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from conftest import StartHearth
from hearth_daemon import HearthDaemon
from live_socket import LiveSocket
from waiting import wait_until

KETTLE = tomllib.loads((Path(__file__).parents[2] / "etc/machines/kettle.toml").read_text())
"""The demo machine: its numbers are those of the document."""

HLT, MASH, HEATER, PUMP = 59, 60, 58, 52
INLET, VALVE, REACTOR = 901, 902, 903
LIFE = ["queued", "sent", "acked", "succeeded"]


def rig() -> dict[str, Any]:
    """A machine fed by a remote controller, with an alarm that is raised at once."""
    return {
        "id": "rig",
        "kind": "rig",
        "autoconnect": True,
        "driver": {"type": "push", "stale_after_ms": 60_000, "ack_timeout_ms": 60_000},
        "channels": [
            {"id": "inlet", "kind": "sensor", "unit": "fahrenheit", "endpoint_id": INLET},
            {"id": "valve", "kind": "control", "control": "toggle", "endpoint_id": VALVE},
            {"id": "reactor", "kind": "sensor", "unit": "celsius", "endpoint_id": REACTOR},
        ],
        "alarms": [
            {
                "id": "hot",
                "when": {"channel": "inlet", "above": 212, "deadband": 2, "delay_ms": 0},
                "severity": "critical",
                "message": "HLT temperature exceeded 212°F",
            }
        ],
    }


def kettle(**more: Any) -> dict[str, Any]:
    driver = {**KETTLE["driver"], "noise": 0.0}
    return {**KETTLE, "sampling_interval_ms": 200, "driver": driver, **more}


class Page(LiveSocket):
    """A page of that protocol."""

    def __init__(self, hearth: HearthDaemon) -> None:
        super().__init__(hearth.url.replace("http://", "ws://") + "/ws")

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def subscribe(self, channel: str, **more: Any) -> dict[str, Any]:
        """Subscribes; the answer."""
        mark = self.send(type="subscribe", channel=channel, **more)
        return self.wait_for(where=lambda frame: frame.type in ("subscribed", "error"), since=mark).data

    def unsubscribe(self, channel: str, **more: Any) -> dict[str, Any]:
        mark = self.send(type="unsubscribe", channel=channel, **more)
        return self.wait_for("unsubscribed", since=mark).data

    def values(self, endpoint: int, since: int = 0) -> list[Any]:
        return [frame["value"] for frame in self.of_type("telemetry", since) if frame["endpointId"] == endpoint]

    def life(self, command: str) -> list[str]:
        return [frame["status"] for frame in self.of_type("command_status") if frame["commandId"] == command]

    def assert_serves(self) -> None:
        """Proves with a round trip that the socket still works."""
        self.wait_for("pong", since=self.send(type="ping"))


@pytest.fixture
def hearth(start_hearth: StartHearth) -> HearthDaemon:
    hearth = start_hearth(machines=[kettle(), rig()])
    wait_until(lambda: row(hearth, PUMP)["status"] == "active", "the kettle is connected")
    return hearth


@pytest.fixture
def page(hearth: HearthDaemon) -> Iterator[Page]:
    with Page(hearth) as page:
        page.wait_for("connected")
        yield page


def call(hearth: HearthDaemon, path: str, body: Any = None) -> tuple[int, Any]:
    """Asks as any program would: status and JSON."""
    data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
    request = urllib.request.Request(hearth.url + path, data=data, headers={"Content-Type": "application/json"})
    if path.endswith("/ack"):
        request.method = "POST"
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def row(hearth: HearthDaemon, endpoint: int) -> dict[str, Any]:
    _, listed = call(hearth, "/api/os/endpoints?include=current")
    return next(each for each in listed["data"] if each["id"] == endpoint)


def ingest(hearth: HearthDaemon, endpoint: int, value: Any, **more: Any) -> tuple[int, Any]:
    return call(hearth, "/api/os/telemetry/ingest", {"endpointId": endpoint, "value": value, **more})


def order(hearth: HearthDaemon, endpoint: int, value: Any, kind: str = "write", **more: Any) -> tuple[int, Any]:
    body = {"endpointId": endpoint, "value": value, "commandType": kind, **more}
    return call(hearth, "/api/os/command", body)


# The socket


def test_a_page_is_greeted_and_hears_nothing_that_it_did_not_ask_for(hearth: HearthDaemon) -> None:
    with Page(hearth) as page:
        greeting = page.wait_for("connected")
        assert greeting.index == 0 and greeting["clientId"].startswith("client-")
        ingest(hearth, INLET, 50)
        order(hearth, PUMP, True)
        page.assert_serves()
        assert [frame.type for frame in page.frames] == ["connected", "pong"]


def test_a_subscriber_has_the_current_value_at_once_and_then_every_new_one(hearth: HearthDaemon, page: Page) -> None:
    ingest(hearth, INLET, 180.5)
    wait_until(lambda: latest(hearth, INLET)["valueNum"], "the value is in")
    answer = page.subscribe("telemetry", endpointIds=[INLET])
    assert answer == {"type": "subscribed", "channel": "telemetry", "endpointIds": [INLET]}
    ingest(hearth, REACTOR, 20)
    ingest(hearth, INLET, 181)
    wait_until(lambda: page.values(INLET) == pytest.approx([180.5, 181.0]), "its values, in °F, each once")
    assert page.values(REACTOR) == []
    now, then = page.of_type("telemetry")
    assert (now["machine_id"], now["session_id"], now["quality"]) == ("rig", None, "good")
    assert now["seq"] < then["seq"] and now["timestamp"].endswith("Z")
    assert page.unsubscribe("telemetry", endpointIds=[INLET])["endpointIds"] == [INLET]
    ingest(hearth, INLET, 182)
    wait_until(lambda: latest(hearth, INLET)["valueNum"] == pytest.approx(182), "the last value is in")
    page.assert_serves()
    assert len(page.values(INLET)) == 2


def test_unknown_endpoints_are_named_and_the_rest_is_subscribed(page: Page) -> None:
    answer = page.subscribe("telemetry", endpointIds=[HLT, 77, MASH, 0])
    assert (answer["endpointIds"], answer["unknown"]) == ([HLT, MASH], ["77", "0"])
    wait_until(lambda: page.values(HLT) and page.values(MASH), "the rest is told")


def test_a_toggle_is_a_boolean_and_a_lost_link_leaves_no_value_standing(hearth: HearthDaemon, page: Page) -> None:
    page.subscribe("telemetry", endpointIds=[PUMP, HLT])
    assert order(hearth, PUMP, True)[1]["actualValue"] is True
    wait_until(lambda: page.values(PUMP)[-1:] == [True], "the pump is told as on")
    hearth.rest.post("/api/machines/kettle/disconnect")
    wait_until(lambda: page.values(HLT)[-1:] == [None] == page.values(PUMP)[-1:], "nobody knows any more")
    mark = page.here()
    page.subscribe("telemetry", endpointIds=[HLT])
    assert page.wait_for("telemetry", since=mark)["quality"] == "lost"


def test_every_documented_bad_message_has_an_error_and_the_socket_stays(page: Page) -> None:
    bad = {
        "no json": "{nonsense",
        "no object": "[]",
        "no type": "{}",
        "unknown type": '{"type":"order"}',
        "type no text": '{"type":7}',
        "no channel": '{"type":"subscribe"}',
        "unknown channel": '{"type":"subscribe","channel":"tiles"}',
        "ids no list": '{"type":"subscribe","channel":"telemetry","endpointIds":59}',
        "id text": '{"type":"subscribe","channel":"telemetry","endpointIds":["59"]}',
        "id fraction": '{"type":"subscribe","channel":"telemetry","endpointIds":[1.5]}',
        "id negative": '{"type":"subscribe","channel":"telemetry","endpointIds":[-1]}',
        "command id number": '{"type":"subscribe","channel":"commands","commandIds":[7]}',
        "deep": '{"type":"ping","x":' + "[" * 40 + "]" * 40 + "}",
    }
    for case, text in bad.items():
        error = page.wait_for("error", since=page.send_text(text))
        assert error["code"] == "INVALID_MESSAGE" and error["message"], case
        page.assert_serves()
        time.sleep(0.25)  # two messages a round must stay within ten a second
    assert page.of_type("subscribed") == []


def test_limits_are_told_and_then_enforced(hearth: HearthDaemon) -> None:
    with Page(hearth) as page:
        answer = page.subscribe("telemetry", endpointIds=[HLT, MASH])
        assert answer["type"] == "subscribed"
        for _ in range(40):
            page.send(type="ping")
        error = page.wait_for("error")
        assert error["code"] == "RATE_LIMITED"
    many = {**rig(), "id": "many", "alarms": []}
    many["channels"] = [
        {"id": f"c{n}", "kind": "sensor", "unit": "celsius", "endpoint_id": 2000 + n} for n in range(60)
    ]
    assert hearth.rest.post("/api/machines", json=many).status_code == 201
    with Page(hearth) as page:
        assert page.subscribe("telemetry", endpointIds=list(range(2000, 2051)))["code"] == "RATE_LIMITED"
        assert page.subscribe("telemetry", endpointIds=list(range(2000, 2050)))["type"] == "subscribed"
        assert page.subscribe("alarms")["code"] == "RATE_LIMITED", "fifty is the limit"
        page.unsubscribe("telemetry")
        assert page.subscribe("alarms")["type"] == "subscribed", "without ids, all telemetry was given up"


def test_too_large_and_binary_messages_close_with_their_codes(hearth: HearthDaemon) -> None:
    for send, code in (("x" * 17_000, 1009), (b"{}", 1003)):
        with connect(hearth.url.replace("http", "ws", 1) + "/ws", proxy=None) as socket:
            socket.send(send)
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    socket.recv(timeout=10)
            assert closed.value.rcvd is not None and closed.value.rcvd.code == code


def test_the_documents_client_comes_back_and_subscribes_again(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[rig()])
    seen: list[float] = []
    attempts: list[float] = []
    done = threading.Event()

    def client() -> None:
        backoff = 0.1
        while not done.is_set():
            attempts.append(time.monotonic())
            try:
                with connect(hearth.url.replace("http", "ws", 1) + "/ws", proxy=None) as socket:
                    assert json.loads(socket.recv())["type"] == "connected"
                    backoff = 0.1
                    socket.send(json.dumps({"type": "subscribe", "channel": "telemetry", "endpointIds": [INLET]}))
                    while not done.is_set():
                        try:
                            frame = json.loads(socket.recv(timeout=0.2))
                        except TimeoutError:
                            socket.send('{"type":"ping"}')
                            continue
                        if frame["type"] == "telemetry" and frame["value"] is not None:
                            seen.append(frame["value"])
            except (OSError, ConnectionClosed):
                done.wait(backoff)
                backoff = min(backoff * 2, 1.0)

    thread = threading.Thread(target=client)
    thread.start()
    try:
        ingest(hearth, INLET, 100)
        wait_until(lambda: 100 in [round(value, 6) for value in seen], "the first value")
        hearth.kill()
        hearth.start()
        wait_until(lambda: ingest(hearth, INLET, 101)[0] == 200, "the daemon is back")
        wait_until(lambda: 101 in [round(value, 6) for value in seen], "the value after it came back")
        assert len(attempts) >= 2
    finally:
        done.set()
        thread.join()


# Commands


def test_an_order_is_answered_with_its_end_and_its_life_can_be_asked_for(hearth: HearthDaemon, page: Page) -> None:
    page.subscribe("commands")
    status, answer = order(hearth, HEATER, 40, correlationId="batch-7", requestedBy="mia")
    assert (status, answer["status"], answer["actualValue"]) == (200, "succeeded", 40.0)
    assert answer["message"] == "Command executed successfully"
    command = answer["commandId"]
    wait_until(lambda: page.life(command) == LIFE, "each step, in order")
    last = page.of_type("command_status")[-1]
    assert (last["endpointId"], last["actualValue"], last["machine_id"]) == (HEATER, 40.0, "kettle")
    _, life = call(hearth, f"/api/os/command/{command}")
    assert (life["status"], life["commandType"], life["requestedBy"], life["correlationId"]) == (
        "succeeded",
        "write",
        "mia",
        "batch-7",
    )
    assert life["requestedAt"] <= life["sentAt"] <= life["ackedAt"] <= life["completedAt"] == last["completedAt"]
    assert life["errorMessage"] is None and life["tileId"] == "kettle"


def test_who_learns_of_its_command_after_the_end_is_told_the_end(hearth: HearthDaemon, page: Page) -> None:
    command = order(hearth, PUMP, True)[1]["commandId"]
    answer = page.subscribe("commands", commandIds=[command, "uuid-1"])
    assert (answer["commandIds"], answer["unknown"]) == ([command], ["uuid-1"])
    assert page.wait_for("command_status")["commandId"] == command
    assert page.life(command) == ["succeeded"]
    order(hearth, PUMP, False)
    page.assert_serves()
    assert len(page.of_type("command_status")) == 1, "of another command nothing is told"


def test_an_order_of_another_dialect_has_the_same_life(hearth: HearthDaemon, page: Page) -> None:
    page.subscribe("commands")
    with closing(hearth.live("kettle", name="tablet")) as cockpit:
        cockpit.send(type="control", channel="heater", value=0.25, request_id="r-1")
        cockpit.wait_for("control_ack")
    statuses = wait_until(lambda: page.of_type("command_status")[3:] and page.of_type("command_status"), "its life")
    assert [frame["status"] for frame in statuses] == LIFE
    _, life = call(hearth, f"/api/os/command/{statuses[0]['commandId']}")
    assert (life["requestedBy"], life["requestedValue"], life["correlationId"]) == ("tablet", 25.0, "r-1")


def test_a_toggle_switches_over_and_a_pulse_ends_by_itself(hearth: HearthDaemon, page: Page) -> None:
    assert [order(hearth, PUMP, None, "toggle")[1]["actualValue"] for _ in range(3)] == [True, False, True]
    order(hearth, PUMP, False)
    page.subscribe("commands")
    assert order(hearth, PUMP, True, "pulse", durationMs=100)[1]["actualValue"] is True
    wait_until(lambda: page.of_type("command_status")[7:], "two orders: on, and off again")
    ends = [frame for frame in page.of_type("command_status") if frame["status"] == "succeeded"]
    assert [end["actualValue"] for end in ends] == [True, False]
    wait_until(lambda: latest(hearth, PUMP)["valueBool"] is False, "it is off")


def test_what_is_not_let_through_is_blocked_for_everybody_to_see(start_hearth: StartHearth) -> None:
    interlock = {
        "id": "boil_dry",
        "blocks": {"channel": "heater", "above": 0},
        "unless": [{"channel": "level", "above": 100_000}],
        "message": "not enough liquor",
    }
    hearth = start_hearth(machines=[kettle(interlocks=[interlock])])
    wait_until(lambda: row(hearth, HEATER)["status"] == "active", "the kettle is connected")
    with Page(hearth) as page:
        page.subscribe("commands")
        status, answer = order(hearth, HEATER, 10)
        assert (status, answer["status"], answer["interlockId"]) == (403, "blocked", "boil_dry")
        assert answer["message"] == "Interlock 'boil_dry': not enough liquor"
        wait_until(lambda: page.life(answer["commandId"]) == ["blocked"], "it is told as blocked")
        assert order(hearth, HEATER, 0)[0] == 200, "switching off is never blocked"
        with closing(hearth.live("kettle", client_id="c-1", name="tablet")) as holder:
            holder.command("acquire_control")
            holder.wait_for("control_lease", yours=True)
            status, answer = order(hearth, PUMP, True)
            assert (status, answer["status"]) == (403, "blocked") and "tablet" in answer["message"]
            wait_until(lambda: page.life(answer["commandId"]) == ["blocked"], "somebody else steers: blocked as well")
            assert call(hearth, f"/api/os/command/{answer['commandId']}")[1]["errorMessage"] == answer["message"]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{nonsense", 400, "Bad Request"),
        ([], 400, "Invalid request"),
        ({"value": 1, "commandType": "write"}, 400, "Invalid request"),
        ({"endpointId": 0, "value": 1, "commandType": "write"}, 400, "Invalid request"),
        ({"endpointId": HEATER, "commandType": "write"}, 400, "Invalid request"),
        ({"endpointId": "58", "value": 1, "commandType": "write"}, 400, "Invalid request"),
        ({"endpointId": HEATER, "value": 1}, 400, "Invalid commandType"),
        ({"endpointId": HEATER, "value": 1, "commandType": "stomp"}, 400, "Invalid commandType"),
        ({"endpointId": HEATER, "value": 1, "commandType": "toggle"}, 400, "Invalid commandType"),
        ({"endpointId": HEATER, "value": 1, "commandType": "pulse"}, 400, "Invalid commandType"),
        ({"endpointId": HEATER, "value": 101, "commandType": "write"}, 400, "Invalid value"),
        ({"endpointId": HEATER, "value": True, "commandType": "write"}, 400, "Invalid value"),
        ({"endpointId": HEATER, "value": None, "commandType": "write"}, 400, "Invalid value"),
        ({"endpointId": PUMP, "value": 0.4, "commandType": "write"}, 400, "Invalid value"),
        ({"endpointId": PUMP, "value": True, "commandType": "pulse", "durationMs": 60_000}, 400, "Invalid request"),
        ({"endpointId": HEATER, "value": 1, "commandType": "write", "requestedBy": 7}, 400, "Invalid request"),
        ({"endpointId": HLT, "value": 1, "commandType": "write"}, 400, "Endpoint not writable"),
        ({"endpointId": VALVE, "value": True, "commandType": "write"}, 400, "Endpoint not active"),
        ({"endpointId": 77, "value": 1, "commandType": "write"}, 404, "Endpoint not found"),
        ({"endpointId": 2**40, "value": 1, "commandType": "write"}, 404, "Endpoint not found"),
    ],
)
def test_an_order_that_cannot_be_one_is_refused_in_words(
    hearth: HearthDaemon, body: Any, status: int, error: str
) -> None:
    got, answer = call(hearth, "/api/os/command", body)
    assert (got, answer["error"]) == (status, error), answer
    assert answer["message"] and set(answer) == {"error", "message"}


# Telemetry, plant, alarms


def latest(hearth: HearthDaemon, endpoint: int) -> dict[str, Any]:
    status, answer = call(hearth, f"/api/os/telemetry/latest?endpointId={endpoint}")
    assert status == 200, answer
    return answer


def test_values_are_taken_in_one_by_one_or_together_with_their_own_time(hearth: HearthDaemon, page: Page) -> None:
    page.subscribe("telemetry", endpointIds=[INLET, REACTOR])
    then = (datetime.now(UTC) - timedelta(seconds=7)).replace(microsecond=0)
    readings = [
        {"endpointId": INLET, "value": 70, "timestamp": then.isoformat()},
        {"endpointId": REACTOR, "value": 21.5},
    ]
    assert call(hearth, "/api/os/telemetry/ingest", {"readings": readings}) == (200, {"status": "ok", "accepted": 2})
    wait_until(lambda: page.values(REACTOR)[-1:] == [21.5], "both are told")
    assert page.values(INLET)[-1] == pytest.approx(70)
    _, of_rig = call(hearth, "/api/os/telemetry/latest?tileId=rig")
    assert {each["endpointId"]: each["valueNum"] for each in of_rig["data"]} == {
        INLET: pytest.approx(70),
        REACTOR: 21.5,
        VALVE: None,
    }
    assert latest(hearth, REACTOR)["source"] == "sensor"


def test_a_message_with_one_bad_value_is_refused_whole(hearth: HearthDaemon) -> None:
    good = {"endpointId": INLET, "value": 1}
    bad: list[tuple[Any, int, str]] = [
        ({"endpointId": INLET}, 400, "Invalid request"),
        ({"endpointId": INLET, "value": "warm"}, 400, "Invalid request"),
        ({"endpointId": INLET, "value": 1, "timestamp": "yesterday"}, 400, "Invalid request"),
        ({"endpointId": 77, "value": 1}, 404, "Endpoint not found"),
        ({"endpointId": HLT, "value": 1}, 400, "Endpoint not pushed"),
        (7, 400, "Invalid request"),
    ]
    for item, status, error in bad:
        got, answer = call(hearth, "/api/os/telemetry/ingest", {"readings": [good, item]})
        assert (got, answer["error"]) == (status, error), item
    got, answer = call(hearth, "/api/os/telemetry/ingest", {"readings": [good] * 501})
    assert (got, answer["error"]) == (400, "Invalid request")
    assert latest(hearth, INLET)["valueNum"] is None
    assert call(hearth, "/api/os/telemetry/latest")[0] == 400
    assert call(hearth, "/api/os/telemetry/latest?endpointId=77")[0] == 404


def test_machines_are_tiles_and_their_channels_endpoints(hearth: HearthDaemon) -> None:
    _, endpoints = call(hearth, "/api/os/endpoints?nodeId=kettle&limit=3&offset=1")
    assert endpoints["meta"] == {"total": 8, "limit": 3, "offset": 1, "count": 3}
    assert [each["id"] for each in endpoints["data"]] == [HEATER, HLT, MASH]
    assert "current" not in endpoints["data"][0]
    pump = row(hearth, PUMP)
    assert (pump["endpointKind"], pump["direction"], pump["valueType"], pump["channelId"]) == (
        "DO",
        "output",
        "bool",
        "pump",
    )
    for path in ("endpoints?limit=0", "endpoints?limit=1001", "tiles?limit=x", "alarms?offset=-1"):
        status, answer = call(hearth, f"/api/os/{path}")
        assert status == 400 and answer["error"].startswith("Invalid "), path
    _, tiles = call(hearth, "/api/os/tiles")
    assert [tile["id"] for tile in tiles["data"]] == ["kettle", "rig"]
    _, tile = call(hearth, "/api/os/tiles/kettle?include=current")
    assert {binding["endpointId"] for binding in tile["bindings"]} >= {HLT, HEATER, PUMP}
    values = {each["endpointId"]: each["current"] for each in tile["currentValues"]}
    assert isinstance(values[HLT]["valueNum"], float)
    assert call(hearth, "/api/os/tiles/nowhere") == (
        404,
        {"error": "Tile not found", "message": "No tile found with id nowhere"},
    )
    status, health = call(hearth, "/api/health")
    assert (status, health["status"]) == (200, "ok") and health["timestamp"].endswith("Z")


def test_an_alarm_is_pushed_listed_acknowledged_and_remembered(hearth: HearthDaemon, page: Page) -> None:
    page.subscribe("alarms")
    ingest(hearth, INLET, 220)
    raised = page.wait_for("alarm")
    assert (raised["severity"], raised["message"], raised["status"]) == (
        "critical",
        "HLT temperature exceeded 212°F",
        "active",
    )
    with Page(hearth) as late:
        late.subscribe("alarms")
        standing = late.wait_for("alarm")
        assert (standing["alarmId"], standing["timestamp"]) == (raised["alarmId"], raised["timestamp"])
    _, listed = call(hearth, "/api/os/alarms?status=active")
    [alarm] = listed["data"]
    assert (alarm["id"], alarm["endpointId"], alarm["ackedAt"]) == (raised["alarmId"], INLET, None)
    status, acked = call(hearth, f"/api/os/alarms/{raised['alarmId']}/ack")
    assert status == 200 and acked["ackedAt"] and (acked["state"], acked["ackedBy"]) == ("acked", "rest")
    page.wait_for("alarm", state="acked")
    assert call(hearth, f"/api/os/alarms/{raised['alarmId']}/ack")[0] == 200, "again changes nothing"
    ingest(hearth, INLET, 100)
    wait_until(lambda: ingest(hearth, INLET, 100) and call(hearth, "/api/os/alarms")[1]["data"] == [], "it is over")
    [over] = call(hearth, "/api/os/alarms?status=cleared_acked")[1]["data"]
    assert over["id"] == raised["alarmId"] and over["clearedAt"] >= over["ackedAt"] >= over["triggeredAt"]
    assert call(hearth, "/api/os/alarms/12345/ack")[0] == 404
    assert call(hearth, "/api/os/alarms/x/ack")[0] == 404
    assert call(hearth, "/api/os/alarms?status=gone")[0] == 400


# Server-Sent Events


class Stream:
    """A reader of events as browsers are: fields of one event up to an empty line, the last `id` kept."""

    def __init__(self, hearth: HearthDaemon, query: str = "", last: str | None = None) -> None:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last is not None else {})}
        request = urllib.request.Request(f"{hearth.url}/api/os/events{query}", headers=headers)
        self.answer = urllib.request.urlopen(request, timeout=30)
        self.last_id = last
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.comments: list[str] = []

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()

    def next(self) -> tuple[str, dict[str, Any]]:
        kind, data = "message", []
        while True:
            line = self.answer.readline().decode()
            assert line, "the stream ended"
            field, _, rest = line.rstrip("\n").partition(": ")
            if field == "id":
                self.last_id = rest
            elif field == "event":
                kind = rest
            elif field == "data":
                data.append(rest)
            elif field == "":
                if line == "\n" and data:
                    self.events.append((kind, json.loads("\n".join(data))))
                    return self.events[-1]
                if rest:
                    self.comments.append(rest)

    def until(self, kind: str, **equal: Any) -> dict[str, Any]:
        while True:
            _, event = self.next()
            if event["type"] == kind and all(event.get(key) == value for key, value in equal.items()):
                return event


def test_a_reader_of_events_hears_what_a_socket_hears_and_goes_on_where_it_was_cut(hearth: HearthDaemon) -> None:
    ingest(hearth, INLET, 100)
    wait_until(lambda: latest(hearth, INLET)["valueNum"], "the value is in")
    with Stream(hearth, f"?channels=telemetry,commands&endpointIds={INLET}") as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.until("telemetry")["value"] == pytest.approx(100)
        ingest(hearth, INLET, 101)
        assert stream.until("telemetry")["value"] == pytest.approx(101)
        cut = stream.last_id
    command = order(hearth, PUMP, True)[1]["commandId"]
    ingest(hearth, INLET, 102)
    wait_until(lambda: latest(hearth, INLET)["valueNum"] == pytest.approx(102), "the value is in")
    with Stream(hearth, f"?channels=telemetry,commands&endpointIds={INLET}", cut) as stream:
        ingest(hearth, INLET, 103)
        seen = {"telemetry": [], "command_status": []}
        while len(seen["telemetry"]) < 2 or len(seen["command_status"]) < 4:
            kind, event = stream.next()
            assert kind == "message"
            if event["type"] in seen:
                seen[event["type"]].append(event)
        assert [event["value"] for event in seen["telemetry"]] == pytest.approx([102, 103])
        assert [event["status"] for event in seen["command_status"]] == LIFE
        assert {event["commandId"] for event in seen["command_status"]} == {command}


def test_a_reader_that_was_away_too_long_is_told_so_and_what_holds_now(hearth: HearthDaemon) -> None:
    ingest(hearth, INLET, 100)
    wait_until(lambda: latest(hearth, INLET)["valueNum"], "the value is in")
    for last in ("rig:1,kettle:1", "nonsense", ""):
        with Stream(hearth, f"?channels=telemetry&endpointIds={INLET}", last) as stream:
            assert stream.until("gap") == {"type": "gap"}
            assert stream.events[-1][0] == "gap", "an event of its own, which the document's client does not see"
            assert stream.comments, "and in words"
            assert stream.until("telemetry")["value"] == pytest.approx(100)
            assert "rig:" in (stream.last_id or "")


def test_events_refuse_what_cannot_be_and_end_with_the_daemon(hearth: HearthDaemon) -> None:
    many = ",".join(str(n) for n in range(60))
    for query in ("?channels=tiles", "?endpointIds=a", "?endpointIds=", f"?endpointIds={many}"):
        status, answer = call(hearth, f"/api/os/events{query}")
        assert status == 400 and set(answer) == {"error", "message"}, query
    with Stream(hearth) as stream:
        stream.until("subscribed", channel="commands")
        code, took = hearth.terminate()
        assert code == 0 and took < 5
        assert stream.answer.read() is not None
