"""One truth over five protocols: a change made over one of them is the same event for clients of all."""

from __future__ import annotations

from collections.abc import Callable

from conftest import StartHearth
from hearth_daemon import HearthDaemon
from live_socket import Frame, LiveSocket
from test_control_panel import ask, panel, reached, set_device
from waiting import wait_until

Shows = Callable[[Frame], bool]


def listeners(hearth: HearthDaemon, motor: int) -> dict[str, tuple[LiveSocket, Shows]]:
    """A client of each dialect, with how it is told that the motor runs at 120."""

    def of(path: str) -> LiveSocket:
        socket = LiveSocket(hearth.url.replace("http", "ws", 1) + path)
        hearth.sockets.append(socket)
        return socket

    def webmacs(frame: Frame) -> bool:
        return any((p["event_public_id"], p["value"]) == ("motor_01", 120) for p in frame["datapoints"])

    bevforge = of("/ws")
    bevforge.send(type="subscribe", channel="telemetry", endpointIds=[motor])
    bevforge.wait_for("telemetry")
    return {
        "openroast": (of("/ws/live/panel"), lambda f: f.type == "control_ack" and f["applied"] and f["value"] == 120 / 255),
        "webmacs": (of("/ws/datapoints/stream"), lambda f: f.type == "datapoints_batch" and webmacs(f)),
        "bevforge": (bevforge, lambda f: f.type == "telemetry" and f["value"] == 120),
        "control panel": (of("/ws/devices"), lambda f: f.type == "device_update" and f["data"]["new_state"] == {"speed": 120}),
        "openscan": (of("/ws/device"), lambda f: f.type == "device.status" and f["device"]["motors"]["motor"]["angle"] == 120),
    }


def test_a_motor_moved_by_rest_is_the_same_event_in_all_five_dialects(start_hearth: StartHearth) -> None:
    # Readings are so far apart that none of them can be what shows it.
    machine = panel() | {"sampling_interval_ms": 10_000}
    hearth = reached(start_hearth(machines=[machine]))
    endpoints = ask(hearth, "GET", "/api/os/endpoints")[1]["data"]
    motor = next(endpoint["id"] for endpoint in endpoints if endpoint["channelId"] == "motor")
    sockets = listeners(hearth, motor)
    wait_until(lambda: all(socket.here() for name, (socket, _) in sockets.items() if name != "openscan"), "all are greeted")
    set_device(hearth, "motor_01", speed=120)
    seen = {name: socket.wait_for(None, shows) for name, (socket, shows) in sockets.items()}
    assert len({frame.seq for frame in seen.values()}) == 1, {name: frame.data for name, frame in seen.items()}
    latest = ask(hearth, "GET", f"/api/os/telemetry/latest?endpointId={motor}")[1]
    points = ask(hearth, "GET", "/api/v1/datapoints/latest")[1]
    told = [point["value"] for point in points if point["event_public_id"] == "motor_01"]
    assert (latest["valueNum"], told) == (120, [120])
