"""The documented sequence of a roast, frame by frame, on a machine with `first_crack_bt` set."""

from __future__ import annotations

from conftest import StartHearth
from frames import GREETING, assert_documented, assert_unbroken
from machines import modbus
from roast_curve import RoastCurve
from roast_player import RoastPlayer

PACE = 20.0
FIRST_CRACK_BT = 120


def test_the_typical_roast_sequence_runs_as_documented(start_hearth: StartHearth) -> None:
    with RoastPlayer("tcp", RoastCurve(), PACE) as player:
        detection = {"charge": True, "drop": True, "turning_point": True, "first_crack_bt": FIRST_CRACK_BT}
        hearth = start_hearth(machines=[modbus("m1", player.driver(), clock_speed=PACE, detection=detection)])

        connected = hearth.rest.post("/api/machines/m1/connect")
        assert connected.status_code == 200
        assert connected.json()["driver_state"] == "connected"

        browser = hearth.live("m1")
        browser.wait_for("control_lease")
        greeting = browser.frames[: len(GREETING)]
        assert tuple(frame.type for frame in greeting) == GREETING
        assert all("seq" not in frame.data and "prev_seq" not in frame.data for frame in greeting)
        assert greeting[0]["driver_state"] == "connected"
        assert greeting[1]["state"] == greeting[1]["previous_state"] == "idle"
        assert [channel["id"] for channel in greeting[2]["channels"]] == ["burner", "drum"]
        assert greeting[3]["latched"] is False
        assert greeting[4]["holder"] is None

        mark = browser.command("start_monitoring")
        monitoring = browser.wait_for("state", since=mark)
        assert (monitoring["state"], monitoring["previous_state"]) == ("monitoring", "idle")
        reading = browser.wait_for("temperature", since=monitoring.index)
        assert reading["bt"] == 200.0
        assert reading["et"] == 230.0
        assert reading["session_id"] == monitoring["session_id"]

        mark = browser.command("start_recording")
        recording = browser.wait_for("state", since=mark)
        assert (recording["state"], recording["previous_state"]) == ("recording", "monitoring")
        assert recording["session_id"] != monitoring["session_id"]
        assert recording["previous_session_id"] == monitoring["session_id"]
        player.begin()

        charge = browser.wait_for("event", since=recording.index, within=60)
        assert (charge["event_type"], charge["auto_detected"]) == ("CHARGE", True)

        mark = browser.send(type="control", channel="burner", value=0.7)
        ack = browser.wait_for("control_ack", since=mark)
        assert (ack["channel"], ack["value"], ack["applied"], ack["message"]) == ("burner", 0.7, True, "")

        crack = browser.wait_for("event", since=charge.index, event_type="FCs", within=60)
        assert crack["auto_detected"] is True
        assert abs(crack["bt_at_event"] - FIRST_CRACK_BT) < 3

        mark = browser.command("mark_event", event_type="DROP")
        drop = browser.wait_for("event", since=mark, event_type="DROP")
        assert (drop["auto_detected"], drop["provisional"]) == (False, False)

        mark = browser.command("stop_recording")
        finished = browser.wait_for("state", since=mark)
        assert (finished["state"], finished["previous_state"]) == ("finished", "recording")
        assert finished["session_id"] == recording["session_id"]

        saved = hearth.rest.post("/api/profiles", json={"machine_id": "m1"})
        assert saved.status_code == 201
        assert saved.headers["Location"].endswith(f"/api/profiles/{recording['session_id']}")

        assert_documented(browser.frames)
        assert_unbroken(browser.frames)
