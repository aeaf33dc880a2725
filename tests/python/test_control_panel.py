"""The machine-control-panel protocol as its document's clients use it: connect, subscribe, set by REST, stay in step."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from conftest import StartHearth
from hearth_daemon import HearthDaemon
from live_socket import Frame, LiveSocket
from machines import fault, simulated
from waiting import wait_until

DEVICES = "/api/v1/devices"
#: The limit that the document gives a message, in bytes.
MESSAGE_BYTES = 1024

OpenPanel = Callable[..., LiveSocket]


def panel(**driver: Any) -> dict[str, Any]:
    """A machine with the devices of the document."""
    channels = [
        {"id": "motor", "tag": "motor_01", "device_type": "motor"},
        {"id": "servo", "tag": "servo_01", "device_type": "servo"},
        {"id": "valve", "tag": "valve_01", "device_type": "valve"},
        {"id": "temperature", "tag": "temp_01", "device_type": "temperature_sensor"},
    ]
    machine = simulated("panel", interval_ms=200, kind="panel", channels=channels)
    return {**machine, "driver": {"type": "simulator", "model": "panel", "seed": 1, **driver}}


def ask(
    hearth: HearthDaemon, method: str, path: str, body: Any = None, raw: bytes | None = None, **headers: str
) -> tuple[int, Any]:
    """One request as a plain client makes it: status and body."""
    data = raw if raw is not None else None if body is None else json.dumps(body).encode()
    given = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(hearth.url + path, data=data, method=method, headers=given)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"null")


def status(hearth: HearthDaemon, device: str) -> dict[str, Any]:
    code, body = ask(hearth, "GET", f"{DEVICES}/{device}")
    assert code == 200, body
    return body


def set_device(hearth: HearthDaemon, device: str, **state: Any) -> dict[str, Any]:
    code, body = ask(hearth, "POST", f"{DEVICES}/{device}", state)
    assert code == 200, body
    return body


def reached(hearth: HearthDaemon) -> HearthDaemon:
    wait_until(lambda: status(hearth, "temp_01")["status"] == "online", "the devices are reached")
    return hearth


@pytest.fixture
def hearth(start_hearth: StartHearth) -> HearthDaemon:
    return reached(start_hearth(machines=[panel()]))


@pytest.fixture
def open_panel(hearth: HearthDaemon) -> OpenPanel:
    """Opens panels that have been greeted."""

    def open_one(client_id: str | None = None) -> LiveSocket:
        query = "" if client_id is None else f"?client_id={client_id}"
        socket = LiveSocket(f"{hearth.url.replace('http', 'ws', 1)}/ws/devices{query}")
        hearth.sockets.append(socket)
        socket.wait_for("initial_status")
        return socket

    return open_one


def updates(socket: LiveSocket, device: str, since: int = 0) -> list[Frame]:
    return [frame for frame in socket.of_type("device_update", since) if frame["device_id"] == device]


def arrives(socket: LiveSocket, device: str, **state: Any) -> Frame:
    """The update that tells that a device is where it was sent. Those before it may tell that it is on its way."""
    return socket.wait_for("device_update", lambda frame: frame["data"]["new_state"] == state, device_id=device)


def test_the_documents_workflow(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    socket = open_panel("my_client")
    welcome, initial = socket.frames[:2]
    assert welcome.data | {"timestamp": 0} == {
        "type": "connection_established",
        "message": "Connected to Machine Control Panel",
        "timestamp": 0,
        "total_connections": 1,
    }
    assert abs(welcome["timestamp"] - time.time()) < 60, "seconds since 1970"
    assert set(initial["data"]) == {"motor_01", "servo_01", "valve_01", "temp_01"}
    motor = initial["data"]["motor_01"]
    assert {"device_id": "motor_01", "device_type": "motor", "status": "online", "current_value": 0}.items() <= motor.items()
    assert abs(motor["last_updated"] - time.time()) < 60
    socket.send(action="subscribe", device_id="motor_01")
    assert socket.wait_for("subscription_confirmed", device_id="motor_01")["message"] == "Subscribed to device motor_01"
    reply = set_device(hearth, "motor_01", speed=150)
    assert reply == {
        "device_id": "motor_01",
        "device_type": "motor",
        "previous_state": {"speed": 0},
        "new_state": {"speed": 150},
        "status": "success",
        "message": "Motor speed changed: 0 → 150",
        "changed": True,
    }
    # Before it chose, it heard of all.
    first = socket.wait_for("device_update", device_id="motor_01")
    assert first["data"]["previous_state"] == reply["previous_state"]
    update = arrives(socket, "motor_01", **reply["new_state"])
    documented = {key: reply[key] for key in ("device_id", "device_type", "new_state", "changed")}
    assert {**documented, "action": "device_control"}.items() <= update["data"].items()
    assert {"machine_id", "session_id", "seq", "timestamp"} <= set(update.data)
    socket.send(action="unsubscribe", device_id="motor_01")
    assert socket.wait_for("subscription_removed")["message"] == "Unsubscribed from device motor_01"


def in_order(wanted: list[Any], heard: list[Any]) -> bool:
    """Whether everything wanted was heard, one after the other."""
    rest = iter(heard)
    return all(any(seen == one for seen in rest) for one in wanted)


def test_every_rest_change_reaches_every_socket(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    sockets = [open_panel(f"panel-{number}") for number in range(5)]
    changes = [("motor_01", {"speed": n}) for n in (1, 200, 255, 0)]
    changes += [("servo_01", {"angle": n}) for n in (0, 45, 180)] + [("valve_01", {"state": n}) for n in (True, False)]
    replies = [set_device(hearth, device, **state) for device, state in changes]
    assert all(reply["changed"] for reply in replies)
    for socket in sockets:

        def heard(socket: LiveSocket = socket) -> list[Any]:
            frames = [frame for frame in socket.of_type("device_update") if frame["device_id"] != "temp_01"]
            return [(frame["device_id"], frame["data"]["new_state"]) for frame in frames]

        # A servo may be seen on its way; where it was sent comes in its order all the same.
        wanted = [(reply["device_id"], reply["new_state"]) for reply in replies]
        wait_until(lambda heard=heard, wanted=wanted: in_order(wanted, heard()), "every change, in its order")


def test_two_panels_that_set_at_once_see_one_history(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    one, two = open_panel(), open_panel()

    def turn(speeds: range) -> None:
        for speed in speeds:
            # One that a newer order overtook is refused; its panel sees the newer one.
            code, body = ask(hearth, "POST", f"{DEVICES}/motor_01", {"speed": speed})
            assert code in (200, 409), body

    threads = [threading.Thread(target=turn, args=(speeds,)) for speeds in (range(1, 60, 2), range(60, 2, -2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = status(hearth, "motor_01")["current_value"]

    def history(socket: LiveSocket) -> list[Any]:
        return [(frame.seq, frame["data"]["new_state"]["speed"]) for frame in updates(socket, "motor_01")]

    wait_until(lambda: history(one)[-1][1] == history(two)[-1][1] == last, "both know the last speed")
    assert history(one) == history(two)
    speeds = [frame["data"] for frame in updates(one, "motor_01")]
    assert all(a["new_state"] == b["previous_state"] for a, b in zip(speeds, speeds[1:], strict=False))


def test_a_panel_that_was_cut_finds_the_state_when_it_comes_back(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    stays, goes = open_panel("stays"), open_panel("goes")
    goes.abort()
    set_device(hearth, "servo_01", angle=33)
    stays.wait_for("device_update", device_id="servo_01")
    back = open_panel("goes")
    assert back.frames[1]["data"]["servo_01"]["current_value"] == 33
    set_device(hearth, "servo_01", angle=34)
    assert back.wait_for("device_update", device_id="servo_01")["data"]["previous_state"] == {"angle": 33}
    assert open_panel().frames[0]["total_connections"] == 3


def test_a_daemon_that_was_killed_has_the_same_devices_again(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    def kinds() -> dict[str, str]:
        return {name: device["device_type"] for name, device in ask(hearth, "GET", DEVICES)[1].items()}

    before = kinds()
    hearth.kill()
    hearth.start()
    reached(hearth)
    assert kinds() == before
    socket = open_panel()
    assert socket.frames[0]["total_connections"] == 1
    set_device(hearth, "servo_01", angle=7)
    arrives(socket, "servo_01", angle=7)


def test_who_subscribed_hears_only_that(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    choosy, curious = open_panel(), open_panel()
    for device in ("motor_01", "valve_01", "motor_99"):
        choosy.send(action="subscribe", device_id=device)
        choosy.wait_for("subscription_confirmed", device_id=device)
    mark = choosy.here()
    set_device(hearth, "servo_01", angle=10)
    set_device(hearth, "valve_01", state=True)
    choosy.wait_for("device_update", device_id="valve_01")
    assert not updates(choosy, "servo_01", mark)
    curious.wait_for("device_update", device_id="servo_01")
    curious.wait_for("device_update", device_id="valve_01")
    choosy.send(action="unsubscribe", device_id="valve_01")
    choosy.wait_for("subscription_removed")
    set_device(hearth, "valve_01", state=False)
    set_device(hearth, "motor_01", speed=9)
    choosy.wait_for("device_update", device_id="motor_01")
    assert len(updates(choosy, "valve_01")) == 1


def test_status_is_told_on_request(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    socket = open_panel()
    set_device(hearth, "valve_01", state=True)
    socket.send(action="get_status", device_id="valve_01")
    one = socket.wait_for("device_status", device_id="valve_01")
    assert (one["data"]["current_value"], one["data"]["device_type"]) == (True, "valve")
    socket.send(action="get_all_status")
    everything = socket.wait_for("all_device_status")["data"]
    assert everything["valve_01"]["current_value"] is True
    assert set(everything) == set(ask(hearth, "GET", DEVICES)[1])
    socket.send(action="ping")
    socket.wait_for("pong")
    assert socket.ping(), "the protocol's own ping"


def test_a_thermometer_is_heard_when_it_changes(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    update = open_panel().wait_for("device_update", device_id="temp_01")
    assert (update["data"]["device_type"], update["data"]["action"]) == ("temperature_sensor", "sensor_reading")
    assert update["data"]["previous_state"]["value"] != update["data"]["new_state"]["value"]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("{nonsense", "json_error", "Invalid JSON format"),
        ("", "json_error", "Invalid JSON format"),
        ("[]", "processing_error", "Error processing message: it must be a JSON object"),
        ("7", "processing_error", "Error processing message: it must be a JSON object"),
        ("{}", "unknown_action", "Unknown action: None"),
        ('{"action": "dance"}', "unknown_action", "Unknown action: dance"),
        ('{"action": ["subscribe"]}', "unknown_action", 'Unknown action: [\\"subscribe\\"]'),
        ('{"action": "subscribe"}', "validation_error", "device_id required for subscribe action"),
        ('{"action": "unsubscribe", "device_id": null}', "validation_error", "device_id required for unsubscribe action"),
        ('{"action": "get_status", "device_id": ""}', "validation_error", "device_id required for get_status action"),
        ('{"action": "get_status", "device_id": 3}', "validation_error", "device_id of get_status action must be a text"),
        ('{"action": "get_status", "device_id": "motor_99"}', "device_not_found", "Device motor_99 not found"),
    ],
)
def test_what_cannot_be_done_is_told_and_the_socket_stays(
    open_panel: OpenPanel, text: str, code: str, message: str
) -> None:
    socket = open_panel()
    mark = socket.send_text(text)
    error = socket.wait_for("error", since=mark)
    assert (error["error_code"], error["message"]) == (code, message)
    assert isinstance(error["timestamp"], float)
    socket.send(action="ping")
    socket.wait_for("pong")


def test_messages_have_a_size_and_are_text(open_panel: OpenPanel) -> None:
    def sized(length: int) -> str:
        return '{"action":"ping","more":"' + "x" * (length - 27) + '"}'

    assert len(sized(MESSAGE_BYTES)) == MESSAGE_BYTES
    large, pieces, binary = open_panel(), open_panel(), open_panel()
    large.send_text(sized(MESSAGE_BYTES))
    large.wait_for("pong")
    large.send_text(sized(MESSAGE_BYTES + 1))
    assert large.wait_closed() == 1009
    pieces.send_fragments([sized(2 * MESSAGE_BYTES)[:600], "y" * 600, "z"])
    assert pieces.wait_closed() == 1009
    binary.send_bytes(b"{}")
    assert binary.wait_closed() == 1003


def test_a_panel_that_asks_too_often_is_told(open_panel: OpenPanel) -> None:
    socket, other = open_panel(), open_panel()
    for _ in range(60):
        socket.send(action="ping")
    error = socket.wait_for("error")
    assert error["error_code"] == "processing_error"
    assert "too many messages" in error["message"]
    other.send(action="ping")
    other.wait_for("pong")


def test_there_is_no_seat_beyond_the_limit(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[panel()], settings={"limits": {"sockets": 2}})
    url = hearth.url.replace("http", "ws", 1) + "/ws/devices"
    sockets = [LiveSocket(url), LiveSocket(url)]
    for socket in sockets:
        socket.wait_for("initial_status")
    with pytest.raises(InvalidStatus) as refused:
        LiveSocket(url)
    assert refused.value.response.status_code == 503
    sockets[0].close()

    def seated() -> bool:
        try:
            LiveSocket(url).close()
        except InvalidStatus:
            return False
        return True

    wait_until(seated, "the seat is free again")
    sockets[1].close()


def test_devices_are_listed_with_and_without_the_slash(hearth: HearthDaemon) -> None:
    for path in (DEVICES, f"{DEVICES}/"):
        code, devices = ask(hearth, "GET", path)
        assert code == 200
        kinds = {name: device["device_type"] for name, device in devices.items()}
        assert kinds == {
            "motor_01": "motor",
            "servo_01": "servo",
            "valve_01": "valve",
            "temp_01": "temperature_sensor",
        }
    assert status(hearth, "servo_01/")["current_value"] == 90
    assert ask(hearth, "POST", f"{DEVICES}/servo_01/", {"angle": 1})[0] == 200
    assert ask(hearth, "GET", f"{DEVICES}/motor_99") == (404, {"detail": "Device 'motor_99' not found"})


def test_what_is_set_already_is_no_change_and_tells_nobody(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    set_device(hearth, "servo_01", angle=45)
    socket = open_panel()
    reply = set_device(hearth, "servo_01", angle=45)
    assert (reply["status"], reply["changed"], reply["message"]) == ("no_change", False, "Servo angle is 45 already")
    assert reply["previous_state"] == reply["new_state"] == {"angle": 45}
    set_device(hearth, "servo_01", angle=46)
    arrives(socket, "servo_01", angle=46)


@pytest.mark.parametrize(
    ("device", "body", "state"),
    [
        ("motor_01", {"speed": 255}, {"speed": 255}),
        ("motor_01", {"speed": "10"}, {"speed": 10}),
        ("motor_01", {"speed": True}, {"speed": 1}),
        ("motor_01", {"speed": 3, "colour": "red", "angle": None}, {"speed": 3}),
        ("servo_01", {"angle": 90.5}, {"angle": 90}),
        ("servo_01", {"angle": 91.5}, {"angle": 92}),
        ("servo_01", {"angle": 12.3}, {"angle": 12}),
        ("valve_01", {"state": True}, {"value": True}),
        ("valve_01", {"state": "off"}, {"value": False}),
    ],
)
def test_values_are_taken_as_the_known_server_takes_them(
    hearth: HearthDaemon, device: str, body: dict[str, Any], state: dict[str, Any]
) -> None:
    assert set_device(hearth, device, **body)["new_state"] == state
    assert status(hearth, device)["current_value"] == next(iter(state.values()))


@pytest.mark.parametrize(
    ("device", "body", "code", "detail"),
    [
        ("motor_99", {"speed": 1}, 404, "Device 'motor_99' not found"),
        ("motor_01", {"angle": 1}, 400, "Motor devices require 'speed' field (0-255)"),
        ("servo_01", {"speed": 1}, 400, "Servo devices require 'angle' field (0-180)"),
        ("valve_01", {"speed": 1}, 400, "Valve devices require 'state' field (true/false)"),
        ("temp_01", {"speed": 1}, 400, "Temperature sensors are read-only devices"),
        ("motor_01", {"speed": 256}, 422, ["less_than_equal", "speed", "Input should be less than or equal to 255"]),
        ("motor_01", {"speed": -1}, 422, ["greater_than_equal", "speed", "Input should be greater than or equal to 0"]),
        ("servo_01", {"angle": 180.1}, 422, ["less_than_equal", "angle", "Input should be less than or equal to 180"]),
        (
            "motor_01",
            {"speed": 1.5},
            422,
            ["int_from_float", "speed", "Input should be a valid integer, got a number with a fractional part"],
        ),
        ("motor_01", {"speed": [1]}, 422, ["int_type", "speed", "Input should be a valid integer"]),
        ("servo_01", {"angle": {}}, 422, ["float_type", "angle", "Input should be a valid number"]),
        (
            "valve_01",
            {"state": "maybe"},
            422,
            ["bool_parsing", "state", "Input should be a valid boolean, unable to interpret input"],
        ),
        ("motor_01", {}, 422, ["value_error", None, "Value error, At least one field must be provided"]),
    ],
)
def test_what_a_device_cannot_be_set_to_is_told_as_the_known_server_tells_it(
    hearth: HearthDaemon, device: str, body: dict[str, Any], code: int, detail: str | list[Any]
) -> None:
    before = ask(hearth, "GET", DEVICES)[1]
    answered, told = ask(hearth, "POST", f"{DEVICES}/{device}", body)
    assert answered == code, told
    if isinstance(detail, str):
        assert told == {"detail": detail}
    else:
        [issue] = told["detail"]
        where = ["body"] if detail[1] is None else ["body", detail[1]]
        assert [issue["type"], issue["loc"], issue["msg"]] == [detail[0], where, detail[2]]
        assert issue["input"] == (body if detail[1] is None else body[detail[1]])
    after = ask(hearth, "GET", DEVICES)[1]
    values = [{name: device["current_value"] for name, device in seen.items() if name != "temp_01"} for seen in (before, after)]
    assert values[0] == values[1]


def test_bodies_that_are_no_json_or_no_object(hearth: HearthDaemon) -> None:
    motor = f"{DEVICES}/motor_01"
    code, told = ask(hearth, "POST", motor, raw=b"{nonsense")
    assert (code, told["detail"][0]["type"]) == (422, "json_invalid")
    for body in ([], "fast", 5):
        code, told = ask(hearth, "POST", motor, body)
        assert (code, told["detail"][0]["loc"]) == (422, ["body"]), body
    assert ask(hearth, "POST", motor, raw=b"")[0] == 422
    code, told = ask(hearth, "POST", motor, raw=b"speed=1", Content_Type="application/x-www-form-urlencoded")
    assert (code, set(told)) == (415, {"detail"})
    code, told = ask(hearth, "POST", motor, raw=b'{"speed": 1, "more": "' + b"x" * (2 << 20) + b'"}')
    assert (code, set(told)) == (413, {"detail"})
    code, told = ask(hearth, "PUT", motor, {"speed": 1})
    assert code == 405
    assert told["detail"]
    code, told = ask(hearth, "POST", motor, {"speed": 1}, X_Client_Id="not an id")
    assert (code, set(told)) == (400, {"detail"})


def test_orders_take_part_in_the_lease(hearth: HearthDaemon) -> None:
    motor = f"{DEVICES}/motor_01"
    assert ask(hearth, "POST", motor, {"speed": 5}, X_Client_Id="panel-1", X_Client_Name="kitchen")[0] == 200
    code, told = ask(hearth, "POST", motor, {"speed": 6}, X_Client_Id="panel-2")
    assert (code, set(told)) == (423, {"detail"})
    assert "kitchen" in told["detail"]
    assert status(hearth, "motor_01")["current_value"] == 5


def test_a_machine_that_is_away_is_told_in_the_same_words(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    socket = open_panel()
    assert ask(hearth, "POST", "/api/machines/panel/disconnect", {})[0] == 200
    socket.wait_for("device_update", lambda frame: frame["data"]["new_state"] == {"value": None}, device_id="temp_01")
    code, told = ask(hearth, "POST", f"{DEVICES}/motor_01", {"speed": 5})
    assert (code, set(told)) == (409, {"detail"})
    assert isinstance(told["detail"], str)
    seen = status(hearth, "temp_01")
    assert (seen["status"], seen["current_value"]) == ("error", None)
    socket.send(action="get_status", device_id="motor_01")
    assert socket.wait_for("device_status")["data"]["status"] == "error"
    mark = socket.here()
    assert ask(hearth, "POST", "/api/machines/panel/connect", {})[0] == 200
    back = socket.wait_for("device_update", since=mark, device_id="temp_01")
    assert back["data"]["previous_state"] == {"value": None}


def test_stop_is_heard_as_a_change_and_blocks_what_comes_after(hearth: HearthDaemon, open_panel: OpenPanel) -> None:
    set_device(hearth, "motor_01", speed=100)
    socket = open_panel()
    assert ask(hearth, "POST", "/api/machines/panel/stop", {})[0] == 200
    update = socket.wait_for("device_update", device_id="motor_01")
    assert update["data"]["previous_state"] == {"speed": 100}
    arrives(socket, "motor_01", speed=0)
    code, told = ask(hearth, "POST", f"{DEVICES}/motor_01", {"speed": 5})
    assert (code, set(told)) == (409, {"detail"})


def test_a_parked_machine_says_so_and_is_stopped_all_the_same(start_hearth: StartHearth) -> None:
    crashing = panel(faults=[fault("panic", at_ms=0, for_ms=1)])
    hearth = start_hearth(machines=[crashing], settings={"supervision": {"max_restarts": 0}})

    def refused() -> bool:
        code, told = ask(hearth, "POST", f"{DEVICES}/motor_01", {"speed": 5})
        return code == 503 and set(told) == {"detail"} and "parked" in told["detail"]

    wait_until(refused, "the machine is parked and its devices say so")
    # Its warden is at the door just before everybody is told.
    wait_until(lambda: status(hearth, "motor_01")["status"] == "error", "its devices to be shown so")
    assert ask(hearth, "POST", "/api/machines/panel/stop", {})[0] == 200


def test_a_device_that_does_not_confirm_was_not_set(start_hearth: StartHearth) -> None:
    remote = {
        "id": "rig",
        "autoconnect": True,
        "driver": {"type": "push", "ack_timeout_ms": 500},
        "channels": [
            {"id": "inlet", "kind": "sensor", "unit": "celsius", "tag": "temp_02", "device_type": "temperature_sensor"},
            {"id": "lamp", "kind": "control", "control": "toggle", "tag": "lamp_01"},
        ],
    }
    hearth = start_hearth(machines=[remote])

    def reached() -> bool:
        code, _ = ask(hearth, "POST", "/api/v1/datapoints", {"event_public_id": "temp_02", "value": 21.5})
        return code == 201 and status(hearth, "temp_02")["status"] == "online"

    wait_until(reached, "the controller is heard")
    code, told = ask(hearth, "POST", f"{DEVICES}/lamp_01", {"value": True})
    assert (code, set(told)) == (502, {"detail"})
    assert status(hearth, "temp_02")["current_value"] == 21.5


def test_every_other_channel_is_a_control_or_a_sensor(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[simulated("gas")])
    wait_until(lambda: status(hearth, "gas.bt")["status"] == "online", "the roaster is reached")
    kinds = {name: device["device_type"] for name, device in ask(hearth, "GET", DEVICES)[1].items()}
    assert (kinds["gas.bt"], kinds["gas.burner"], kinds["gas.cooling"]) == ("sensor", "control", "control")
    reply = set_device(hearth, "gas.airflow", value=40)
    assert (reply["device_type"], reply["new_state"]) == ("control", {"value": 40})
    assert set_device(hearth, "gas.cooling", value=True)["new_state"] == {"value": True}
    assert ask(hearth, "POST", f"{DEVICES}/gas.bt", {"value": 1}) == (400, {"detail": "Sensors are read-only devices"})
    code, told = ask(hearth, "POST", f"{DEVICES}/gas.airflow", {"value": 101})
    assert (code, told["detail"][0]["msg"]) == (422, "Input should be less than or equal to 100")
    code, told = ask(hearth, "POST", f"{DEVICES}/gas.airflow", {"speed": 1})
    assert (code, told) == (400, {"detail": "Control devices require 'value' field (0-100)"})
