"""SIGKILL at random instants of one recording: what the daemon acknowledged is there again, and the roast goes on.

    python tests/trust/kill9.py [--kills 200] [--seed N]
    HEARTH_KILLS=1000 make trust

Between two runs the index directory is deleted, emptied or filled with garbage now and then.
"""

from __future__ import annotations

import peers_path  # noqa: F401

import argparse
import os
import random
import shutil
import tempfile
import threading
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from hearth_daemon import HearthDaemon
from live_socket import LiveSocket
from machines import simulated
from rest_helpers import profile_document
from table import Figures
from waiting import pause_until, wait_until

INTERVAL_MS = 100
#: Promise: readings of at most this long are lost. Source: the durability section of the safety design.
LOST_AT_MOST_MS = 1_000
#: A hole in the readings of at least this is a gap; now and then the daemon stays dead for longer.
GAP_MS = 3_000
LONG_DEATH_S = 3.5
MARKS = ("DRY_END", "FCs", "FCe", "SCs", "SCe", "COOL")
#: Everything in the data directory that is no truth but an index of it.
INDEX = "index"
#: Two alarms that stand all the time; one is acknowledged before the first kill.
ALARMS = {"seen": "acked", "unseen": "unacked"}
NO_DETECTION = {"charge": False, "drop": False, "turning_point": False, "dry_end_bt": None, "first_crack_bt": None}


@dataclass
class Acknowledged:
    """What a client was told is safe."""

    readings: dict[int, float | None] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    asked: dict[str, set[int]] = field(default_factory=dict)
    #: Values of the fan that were applied in this life, and how many moves of it there were before.
    moves: list[float] = field(default_factory=list)
    moves_before: int = 0
    profiles: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    last_seq: int = 0
    last_time_ms: int = 0
    #: Since when this client was told each reading: those of the deaths before it, it was not.
    heard_from_ms: int = 0


class Busy(threading.Thread):
    """Saves and renames profiles without pause, until the daemon is gone; counts only what was answered."""

    def __init__(self, hearth: HearthDaemon, told: Acknowledged, dice: random.Random) -> None:
        super().__init__(name="busy", daemon=True)
        self.rest = httpx.Client(base_url=hearth.url, timeout=10, trust_env=False)
        self.told = told
        self.dice = dice
        self.refused: list[str] = []

    def run(self) -> None:
        document = profile_document(minutes=1)
        number = 0
        with self.rest:
            while True:
                number += 1
                try:
                    self._save(document, f"Saved {number} {self.dice.randrange(1_000_000)}")
                except httpx.TransportError:
                    return

    def _save(self, document: dict[str, Any], name: str) -> None:
        saved = self.rest.post("/api/profiles", json={**document, "name": name})
        if saved.status_code != 201:
            self.refused.append(saved.text)
            return
        profile = saved.headers["Location"].rsplit("/", 1)[1]
        self.told.profiles[profile] = name
        renamed = self.rest.patch(f"/api/profiles/{profile}", json={"name": f"{name} renamed"})
        if renamed.status_code == 200:
            self.told.profiles[profile] = f"{name} renamed"


@dataclass
class Run:
    """One recording through all its kills."""

    hearth: HearthDaemon
    dice: random.Random
    told: Acknowledged = field(default_factory=Acknowledged)
    session: str = ""
    lost_ms: list[int] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    damages: int = 0
    long_deaths: int = 0
    cut_at_ms: list[int] = field(default_factory=list)

    def begin(self) -> None:
        """Starts the recording."""
        client = self.hearth.live("machine-a")
        client.wait_for("temperature")
        client.command("start_monitoring")
        client.wait_for("state", state="monitoring")
        client.command("start_recording")
        self.session = client.wait_for("state", state="recording")["session_id"]
        occurrence = client.wait_for("alarm", alarm_id="seen", alarm_state="unacked")["occurrence"]
        client.wait_for("alarm", alarm_id="unseen", alarm_state="unacked")
        client.command("ack_alarm", alarm_id="seen", occurrence=occurrence)
        client.wait_for("alarm", alarm_id="seen", alarm_state="acked")
        client.close()

    def live_and_die(self) -> None:
        """Works for a random moment, then is killed in the middle of it."""
        client = self.hearth.live("machine-a")
        client.wait_for("temperature", session_id=self.session)
        busy = Busy(self.hearth, self.told, self.dice)
        busy.start()
        end = time.monotonic() + self.dice.uniform(0.1, 2.5)
        while time.monotonic() < end:
            self._mark(client)
            client.send(type="control", channel="airflow", value=self.dice.randrange(101) / 100, request_id="fan")
            pause_until(min(end, time.monotonic() + self.dice.uniform(0.0, 0.3)))
        self.hearth.kill()
        busy.join(15)
        assert not busy.refused, busy.refused[:3]
        client.wait_closed()
        self._remember(client)

    def rise(self) -> None:
        """Starts the daemon again, perhaps without its index, and holds it to what it said."""
        self._damage()
        if self.dice.random() < 0.15:
            self.long_deaths += 1
            pause_until(time.monotonic() + LONG_DEATH_S)
        since = time.monotonic()
        self.hearth.start()
        view = wait_until(self._recording_again, "the recording to go on", within=30)
        self.starts_s.append(time.monotonic() - since)
        assert view["session_id"] == self.session, "the recording goes on under its id"
        assert view["safety"]["latched"] and view["safety"]["reason"] == "crash", view["safety"]
        self._check_readings(view["series"])
        self._check_marks(view["events"])
        self._check_moves([value for _, value in view["control_moves"].get("airflow", [])])
        self._check_profiles()
        states = {alarm["alarm_id"]: alarm["alarm_state"] for alarm in view["alarms"]}
        assert {each: states.get(each) for each in ALARMS} == ALARMS, f"alarms are not what they were: {states}"
        client = self.hearth.live("machine-a")
        reading = client.wait_for("temperature", session_id=self.session)
        assert reading.seq > self.told.last_seq, "seq rises across the daemon's death"
        assert reading["timestamp_ms"] > self.told.last_time_ms, "the session clock went on"
        client.close()

    def end(self) -> dict[str, Any]:
        """Stops the recording; the profile."""
        rest = self.hearth.rest
        rest.post("/api/machines/machine-a/session", json={"action": "stop_recording"}).raise_for_status()
        saved = rest.post("/api/profiles", json={"machine_id": "machine-a", "name": "Survivor"})
        assert saved.status_code == 201, saved.text
        return rest.get(f"/api/profiles/{self.session}").raise_for_status().json()

    def _mark(self, client: LiveSocket) -> None:
        kind = self.dice.choice(MARKS)
        past = client.of_type("temperature")[-1]["timestamp_ms"]
        moment = max(0, past - self.dice.randrange(0, 500))
        self.told.asked.setdefault(kind, set()).add(moment)
        client.command("mark_event", event_type=kind, timestamp_ms=moment)

    def _remember(self, client: LiveSocket) -> None:
        """Everything that reached the client before the end counts as said."""
        self.told.heard_from_ms = client.of_type("temperature")[0]["timestamp_ms"]
        for frame in client.frames:
            if frame.type == "temperature" and frame["session_id"] == self.session:
                self.told.readings[frame["timestamp_ms"]] = frame["bt"]
                self.told.last_time_ms = frame["timestamp_ms"]
            if frame.type == "control_ack" and frame["applied"] and frame["request_id"] == "fan":
                self.told.moves.append(frame["value"])
            if frame.type == "event" and not frame["auto_detected"]:
                self.told.marks[frame["event_type"]] = frame["timestamp_ms"]
            if frame.seq is not None:
                self.told.last_seq = frame.seq
        assert not client.of_type("error"), client.of_type("error")[0].data

    def _check_moves(self, kept: list[float]) -> None:
        """What was applied is in the profile, in order; the same value twice in a row is one move."""
        # The last one before may be what the first one repeats.
        at = max(0, self.told.moves_before - 1)
        for value in self.told.moves:
            while at < len(kept) and kept[at] != value:
                at += 1
            assert at < len(kept), f"the fan was set to {value} and that is lost: {self.told.moves[-5:]} of {kept[-5:]}"
        self.told.moves.clear()
        self.told.moves_before = len(kept)

    def _damage(self) -> None:
        index = self.hearth.data / INDEX
        kind = self.dice.choice(("none", "none", "deleted", "garbled", "emptied"))
        if kind == "none" or not index.exists():
            return
        self.damages += 1
        if kind == "deleted":
            shutil.rmtree(index)
            return
        for path in [each for each in index.rglob("*") if each.is_file()]:
            path.write_bytes(self.dice.randbytes(max(64, path.stat().st_size)) if kind == "garbled" else b"")

    def _recording_again(self) -> dict[str, Any] | None:
        view = self.hearth.rest.get("/api/machines/machine-a/session", params={"include": "series"}).json()
        assert view["state"] == "recording", f"the roast did not go on: {view['state']}"
        newest = view["series"]["timestamp_ms"][-1:]
        return view if view["driver_state"] == "connected" and newest and newest[0] > self.told.last_time_ms else None

    def _check_readings(self, series: dict[str, Any]) -> None:
        kept = dict(zip(series["timestamp_ms"], series["bt"], strict=True))
        lost = [moment for moment in self.told.readings if moment not in kept]
        self.lost_ms.append(self.told.last_time_ms - min(lost) + INTERVAL_MS if lost else 0)
        wrong = [moment for moment, bt in self.told.readings.items() if moment in kept and kept[moment] != bt]
        assert not wrong, f"readings changed: {wrong[:3]}"
        heard = range(self.told.heard_from_ms, self.told.last_time_ms + 1)
        again = [moment for moment in kept if moment in heard and moment not in self.told.readings]
        assert not again, f"moments that were lived before the death are lived again: {again[:3]}"
        assert series["timestamp_ms"] == sorted(set(series["timestamp_ms"])), "times rise, each once"
        for moment in lost:
            del self.told.readings[moment]
        self.cut_at_ms.append(self.told.last_time_ms)

    def _check_profiles(self) -> None:
        """What was saved is there and what was deleted is gone; then what is there is deleted, so that no life is poorer for the others."""
        rest = self.hearth.rest
        for profile, name in self.told.profiles.items():
            kept = rest.get(f"/api/profiles/{profile}")
            assert kept.status_code == 200, f"profile {profile} was acknowledged and is lost: {kept.text}"
            assert kept.json()["name"].startswith(name), (kept.json()["name"], name)
        for profile in self.told.deleted:
            assert rest.get(f"/api/profiles/{profile}").status_code == 404, f"profile {profile} was deleted and is back"
        self.told.deleted = set(self.told.profiles)
        self.told.profiles.clear()
        for profile in self.told.deleted:
            rest.delete(f"/api/profiles/{profile}").raise_for_status()

    def _check_marks(self, events: list[dict[str, Any]]) -> None:
        stands = {event["event_type"]: event["timestamp_ms"] for event in events}
        for kind, moment in self.told.marks.items():
            assert kind in stands, f"the acknowledged mark {kind} at {moment} is lost"
            moved = stands[kind] != moment
            assert not moved or stands[kind] in self.told.asked[kind], f"{kind} moved to {stands[kind]} by itself"
        self.told.marks = {kind: moment for kind, moment in stands.items() if kind in MARKS}


def run(home: Path, kills: int, seed: int) -> Figures:
    """Kills and holds to account; raises when something acknowledged is gone."""
    machine = simulated(
        interval_ms=INTERVAL_MS,
        detection={k: v for k, v in NO_DETECTION.items() if v is not None},
        alarms=[
            {
                "id": alarm,
                "when": {"channel": "bt", "above": -50, "deadband": 2},
                "severity": "warning",
                "message": "There is a drum",
            }
            for alarm in ALARMS
        ],
    )
    settings = {"limits": {"messages_per_s": 100, "message_burst": 200}}
    with HearthDaemon(home, machines=[machine], settings=settings) as hearth:
        recording = Run(hearth, random.Random(seed))
        recording.begin()
        for _ in range(kills):
            recording.live_and_die()
            recording.rise()
        profile = recording.end()
    check_gaps(profile, recording.cut_at_ms)
    kept = set(profile["series"]["timestamp_ms"])
    assert set(recording.told.readings) <= kept, "a reading that survived its kill went missing later"
    figures = Figures("SIGKILL in the middle of a recording")
    figures.add("kills", kills)
    figures.add("of these with a damaged index", recording.damages)
    figures.add("of these dead for a long while", recording.long_deaths)
    figures.add("readings in the profile", len(kept))
    figures.add("readings lost at a kill, longest", max(recording.lost_ms, default=0), LOST_AT_MOST_MS, "ms")
    figures.add("start to recording again, longest", round(max(recording.starts_s, default=0), 2), None, "s")
    return figures


def check_gaps(profile: dict[str, Any], cut_at_ms: list[int]) -> None:
    """Wherever nothing was read for long, the profile says so. A short death may fall between two readings."""
    times = profile["series"]["timestamp_ms"]
    for moment in cut_at_ms:
        # The journal may hold a reading or two more than the client was told before the end.
        last = bisect_right(times, moment) - 1
        steps = list(zip(times[last : last + 5], times[last + 1 : last + 6], strict=False))
        before, back = max(steps, key=lambda step: step[1] - step[0])
        if back - before > GAP_MS:
            listed = any(start <= before and back <= end for start, end in profile["gaps"])
            assert listed, f"from {before} to {back} ms nothing was read, but no gap says so: {profile['gaps']}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=int(os.environ.get("HEARTH_KILLS", "200")))
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}", flush=True)
    with tempfile.TemporaryDirectory() as home:
        figures = run(Path(home) / "hearth", wanted.kills, wanted.seed)
    print(figures)
    return 1 if figures.broken() else 0


if __name__ == "__main__":
    raise SystemExit(main())
