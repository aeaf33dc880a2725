"""Three clients of a running roast, cut at random, some for longer than the ring: nothing is missing, nothing twice.

python tests/trust/cuts.py [--cuts 50] [--seed N]
"""

from __future__ import annotations

import peers_path  # noqa: F401

import argparse
import json
import random
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hearth_daemon import HearthDaemon
from live_socket import Frame, LiveSocket
from machines import simulated
from table import Figures
from waiting import pause_until

#: Machine time per real time: the ring's minute passes in three seconds.
SPEED = 20.0
RING_S = 60.0
#: What `sync` promises to bring back.
KEPT = ("temperature", "event", "event_removed", "state", "alarm")
MARKS = ("DRY_END", "FCs", "FCe", "SCs", "SCe")


class Follower:
    """A client that is cut again and again and asks for what it missed, as the protocol says."""

    def __init__(self, hearth: HearthDaemon, name: str) -> None:
        self.hearth = hearth
        self.name = name
        self.known: dict[int, dict[str, Any]] = {}
        self.twice: list[dict[str, Any]] = []
        self.truncated = 0
        self.socket: LiveSocket | None = None
        self._point: dict[str, Any] | None = None
        self._synced = False

    def attach(self, synced: bool = True) -> None:
        """Opens a socket and asks for everything since the last point up to which nothing is missing."""
        self.socket = self.hearth.live("machine-a", name=self.name)
        self.socket.wait_for("control_lease")
        self.socket.command("sync", **(self._point or {}))
        if synced:
            self.await_sync()

    def await_sync(self) -> None:
        """Waits until the past has been replayed."""
        assert self.socket is not None
        done = self.socket.wait_for("sync_complete", within=30)
        self.truncated += bool(done["truncated"])
        self._synced = True

    def cut(self) -> None:
        """Pulls the cable, then takes stock of what came through."""
        assert self.socket is not None
        self.socket.abort()
        self._take(self.socket.frames)
        self._synced = False

    def leave(self) -> None:
        """Closes at the end, then takes stock."""
        assert self.socket is not None
        self.socket.close()
        self._take(self.socket.frames)

    def kept(self) -> dict[int, dict[str, Any]]:
        """What it holds of what `sync` promises, by `seq`."""
        return {seq: self.known[seq] for seq in sorted(self.known) if self.known[seq]["type"] in KEPT}

    def _take(self, frames: Iterable[Frame]) -> None:
        on_this_socket: set[int] = set()
        for frame in frames:
            if frame.type == "sync_complete":
                self._synced = True
            if frame.seq is None:
                continue
            if frame.seq in on_this_socket:
                self.twice.append(frame.data)
            on_this_socket.add(frame.seq)
            told = self.known.setdefault(frame.seq, frame.data)
            assert told == frame.data, f"{self.name} was told two different things as {frame.seq}: {told} {frame.data}"
        if self._synced and self.known:
            last = self.known[max(self.known)]
            timestamps = [f["timestamp_ms"] for _, f in sorted(self.known.items()) if f["type"] == "temperature"]
            self._point = {
                "last_seq": last["seq"],
                "session_id": last["session_id"],
                "last_timestamp_ms": timestamps[-1] if timestamps else 0,
            }


class Roastmaster(threading.Thread):
    """Keeps things happening: marks, unmarks and slider moves, until told to stop."""

    def __init__(self, hearth: HearthDaemon, dice: random.Random) -> None:
        super().__init__(name="roastmaster", daemon=True)
        self.hearth = hearth
        self.dice = dice
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(self.dice.uniform(0.05, 0.3)):
            kind = self.dice.choice(MARKS)
            action = self.dice.choice(("mark_event", "mark_event", "unmark_event"))
            self.hearth.rest.post("/api/machines/machine-a/session", json={"action": action, "event_type": kind})
            value = round(self.dice.random(), 2)
            self.hearth.rest.post("/api/machines/machine-a/controls/airflow", json={"value": value})


def run(home: Path, cuts: int, seed: int) -> Figures:
    """Plays the whole thing; raises when a client ends with anything but the truth."""
    dice = random.Random(seed)
    with HearthDaemon(home, machines=[simulated(speed=SPEED, seed=7)]) as hearth:
        followers = [Follower(hearth, name) for name in ("left", "middle", "right")]
        witness = hearth.live("machine-a", name="witness")
        witness.wait_for("temperature")
        witness.command("start_monitoring")
        witness.wait_for("state", state="monitoring")
        witness.command("start_recording")
        session = witness.wait_for("state", state="recording")["session_id"]
        # From here on REST steers, which takes no lease.
        free = witness.command("release_control")
        witness.wait_for("control_lease", lambda frame: frame["holder"] is None, since=free)
        for follower in followers:
            follower.attach()
        master = Roastmaster(hearth, random.Random(seed + 1))
        master.start()
        long_cuts = play_cuts(followers, cuts, dice)
        master.stopped.set()
        master.join(10)
        stop = hearth.rest.post("/api/machines/machine-a/session", json={"action": "stop_recording"})
        stop.raise_for_status()
        for client in (*(follower.socket for follower in followers), witness):
            assert client is not None
            client.wait_for("state", state="finished", session_id=session)
        for follower in followers:
            follower.leave()
        figures = judge(hearth, session, followers, witness)
    figures.add("cuts", cuts)
    figures.add("of these longer than the ring", long_cuts)
    return figures


def play_cuts(followers: list[Follower], cuts: int, dice: random.Random) -> int:
    """Cuts and re-attaches; how many cuts were longer than the ring."""
    away: dict[int, float] = {}
    long_cuts = 0

    def bring_back(which: int) -> None:
        pause_until(away.pop(which))
        # One in four is cut again while the past is still being replayed.
        followers[which].attach(synced=dice.random() < 0.75)

    for number in range(cuts):
        which = dice.randrange(len(followers))
        if which in away:
            bring_back(which)
        pause_until(time.monotonic() + dice.uniform(0.0, 0.4))
        followers[which].cut()
        long = number % 4 == 1
        long_cuts += long
        seconds = (RING_S * dice.uniform(1.1, 1.6) / SPEED) if long else dice.uniform(0.0, 0.6)
        away[which] = time.monotonic() + seconds
    for which in list(away):
        bring_back(which)
    for follower in followers:
        follower.await_sync()
    return long_cuts


def judge(hearth: HearthDaemon, session: str, followers: list[Follower], witness: LiveSocket) -> Figures:
    """Holds every client against the journal and against a client that was never cut."""
    truth = hearth.rest.get("/api/machines/machine-a/session", params={"include": "series"}).json()
    assert truth["session_id"] == session
    series = truth["series"]
    readings = list(zip(*(series[name] for name in ("timestamp_ms", "bt", "et", "bt_ror", "et_ror")), strict=True))
    events = {event["event_type"]: event["timestamp_ms"] for event in truth["events"]}
    uncut = {f.seq: f.data for f in witness.frames if f.seq is not None and f.type in KEPT}
    first = min(seq for seq, frame in uncut.items() if frame["session_id"] == session)
    last = max(seq for seq, frame in uncut.items() if frame.get("state") == "finished")
    uncut = {seq: frame for seq, frame in uncut.items() if first <= seq <= last}
    missing = surplus = 0
    for follower in followers:
        kept = {seq: frame for seq, frame in follower.kept().items() if first <= seq <= last}
        missing += len(uncut.keys() - kept.keys())
        surplus += len(kept.keys() - uncut.keys())
        assert kept == uncut, explain(follower.name, kept, uncut)
        assert not follower.twice, f"{follower.name} got twice on one socket: {follower.twice[:3]}"
        assert readings_of(kept, session) == readings, f"{follower.name} and the journal differ in readings"
        assert marks_of(kept, session) == events, f"{follower.name} and the journal differ in marks"
        assert follower.truncated == 0, "a running recording is replayed from its beginning"
    figures = Figures("Three clients cut at random")
    figures.add("readings in the journal", len(readings))
    figures.add("frames missing at a client", missing, 0)
    figures.add("frames too many at a client", surplus, 0)
    return figures


def readings_of(frames: dict[int, dict[str, Any]], session: str) -> list[tuple[Any, ...]]:
    """A client's curve of the session."""
    names = ("timestamp_ms", "bt", "et", "bt_ror", "et_ror")
    own = (f for f in frames.values() if f["type"] == "temperature" and f["session_id"] == session)
    return [tuple(frame[name] for name in names) for frame in own]


def marks_of(frames: dict[int, dict[str, Any]], session: str) -> dict[str, int]:
    """The marks that stand after all that a client was told."""
    marks: dict[str, int] = {}
    for frame in frames.values():
        if frame["session_id"] == session and frame["type"] == "event":
            marks[frame["event_type"]] = frame["timestamp_ms"]
        if frame["session_id"] == session and frame["type"] == "event_removed":
            marks.pop(frame["event_type"], None)
    return marks


def explain(name: str, kept: dict[int, dict[str, Any]], uncut: dict[int, dict[str, Any]]) -> str:
    """The first difference in words."""
    for seq in sorted(kept.keys() | uncut.keys()):
        if kept.get(seq) != uncut.get(seq):
            return f"{name} differs at {seq}:\n  has  {json.dumps(kept.get(seq))}\n  true {json.dumps(uncut.get(seq))}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}", flush=True)
    with tempfile.TemporaryDirectory() as home:
        figures = run(Path(home) / "hearth", wanted.cuts, wanted.seed)
    print(figures)
    return 1 if figures.broken() else 0


if __name__ == "__main__":
    raise SystemExit(main())
