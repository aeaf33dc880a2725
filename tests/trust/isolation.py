"""Four machines at ten readings a second; one of them suffers every kind of fault: the other three never notice.

    python tests/trust/isolation.py [--faults 1000] [--minute 60] [--seed N]

First a fault-free stretch for comparison, then the faults. Then the same with the default supervision, where too many
crashes park the machine until somebody restarts it.
"""

from __future__ import annotations

import peers_path  # noqa: F401

import argparse
import random
import tempfile
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from hearth_daemon import HearthDaemon
from live_socket import Frame, LiveSocket
from machines import fault, simulated
from table import Figures, percentile
from waiting import wait_until

INTERVAL_MS = 100
OTHERS = ("machine-b", "machine-c", "machine-d")
#: Promises. Source: the issue that asked for this suite.
JITTER_OVER_CALM_MS = 10.0
BACK_WITHIN_MS = 1_000.0

#: Share of each kind, how long it lasts, and how long until the next one. Unit: ms of the machine's clock.
KINDS = {
    "panic": (0.80, 1, 500),
    "hang": (0.03, 500, 6_000),
    "block": (0.03, 4_000, 8_000),
    "garbage": (0.05, 300, 800),
    "timeout": (0.05, 300, 1_500),
    "disconnect": (0.04, 300, 2_500),
}
#: These end the machine's actor, so each must be followed by a fresh one. A hang that waits is cut by its deadline.
FATAL = ("panic", "block")
#: A machine that may die as often as it likes, and is back soon each time.
TIRELESS = {"supervision": {"max_restarts": 1_000, "within_s": 60, "backoff_min_ms": 20, "backoff_max_ms": 100}}


#: A simulator takes so many faults; more are made by repeating the list.
LIST_MAX = 100


@dataclass(frozen=True)
class Schedule:
    """A list of faults for the simulator, and how often it is gone through."""

    faults: list[dict[str, Any]]
    rounds: int
    ends_ms: int

    @classmethod
    def of(cls, count: int, dice: random.Random, first_ms: int) -> Schedule:
        """At least `count` faults of every kind in random order, one after the other."""
        rounds = -(-count // LIST_MAX)
        each = -(-count // rounds)
        kinds = [kind for kind, (share, *_) in KINDS.items() for _ in range(max(1, round(share * each)))]
        kinds = kinds[-each:]
        dice.shuffle(kinds)
        moments = list(accumulate((KINDS[kind][2] for kind in kinds), initial=0))
        length = moments.pop()
        repeats = length if rounds > 1 else None
        faults = [
            fault(kind, first_ms + moment, KINDS[kind][1], repeats) for kind, moment in zip(kinds, moments, strict=True)
        ]
        return cls(faults, rounds, first_ms + rounds * length)

    def count(self, *kinds: str) -> int:
        """How many of these kinds come about, over all rounds."""
        return self.rounds * sum(entry["kind"] in kinds for entry in self.faults)


class Watch:
    """One socket on one healthy machine."""

    def __init__(self, socket: LiveSocket) -> None:
        self.socket = socket
        socket.wait_for("temperature")

    def times(self, since: int) -> list[int]:
        """The session times of its readings."""
        return [frame["timestamp_ms"] for frame in self.socket.of_type("temperature", since)]

    def lost(self, since: int) -> int:
        """Gaps in the machine's events, and readings without their values."""
        live = [frame for frame in self.socket.since(since) if frame.seq is not None]
        missing = sum(after["prev_seq"] != before.seq for before, after in zip(live, live[1:], strict=False))
        blind = sum(frame["bt"] is None for frame in self.socket.of_type("temperature", since))
        return missing + blind

    def skipped(self, since: int) -> int:
        """Intervals in which the machine was not read. A computer that is busy elsewhere skips some by itself."""
        times = self.times(since)
        steps = (round((after - before) / INTERVAL_MS) for before, after in zip(times, times[1:], strict=False))
        return sum(max(0, step - 1) for step in steps)

    def jitter(self, since: int) -> list[float]:
        """How far each step is from the interval. Unit: ms."""
        times = self.times(since)
        return [abs(after - before - INTERVAL_MS) for before, after in zip(times, times[1:], strict=False)]

    def disturbed(self, since: int) -> list[Frame]:
        """Frames that a machine at peace never sends."""
        return [frame for frame in self.socket.since(since) if frame.type in ("connection", "error")]


def machines(faults: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One ill machine and three healthy ones."""
    ill = simulated("machine-a", interval_ms=INTERVAL_MS, faults=faults)
    return [ill, *(simulated(each, interval_ms=INTERVAL_MS, seed=n) for n, each in enumerate(OTHERS, start=2))]


def run(home: Path, faults: int, calm_s: float, seed: int) -> Figures:
    """A calm stretch, then the faults; raises when a machine that is not ill loses anything."""
    calm_ms = int(calm_s * 1000)
    schedule = Schedule.of(faults, random.Random(seed), first_ms=calm_ms + 1_000)
    with HearthDaemon(home, machines=machines(schedule.faults), settings=TIRELESS) as hearth:
        ill = hearth.live("machine-a")
        watches = [Watch(hearth.live(each)) for each in OTHERS]
        starts = [watch.socket.here() for watch in watches]
        enough = int(calm_ms / INTERVAL_MS)
        wait_until(lambda: len(watches[0].times(starts[0])) >= enough, "the calm stretch", within=calm_s * 2 + 20)
        middles = [watch.socket.here() for watch in watches]
        calm = [j for watch, since in zip(watches, starts, strict=True) for j in watch.jitter(since)]
        seconds = schedule.ends_ms / 1000
        wait_until(
            lambda: restarts(ill) >= schedule.count(*FATAL), "every fatal fault to be survived", within=seconds * 2 + 60
        )
        ill.wait_for("temperature", lambda frame: frame["timestamp_ms"] >= schedule.ends_ms, within=60)
        stormy = [j for watch, since in zip(watches, middles, strict=True) for j in watch.jitter(since)]
        lost = sum(watch.lost(since) for watch, since in zip(watches, middles, strict=True))
        skipped = sum(watch.skipped(since) for watch, since in zip(watches, middles, strict=True))
        for watch, since in zip(watches, middles, strict=True):
            assert not watch.disturbed(since), watch.disturbed(since)[0].data
            assert watch.socket.close_code is None
        back = recoveries_ms(ill)
    assert len(back) >= schedule.count(*FATAL), "each crash is told to the tabs, and so is each return"
    limit = percentile(calm, 0.99) + JITTER_OVER_CALM_MS
    figures = Figures("One machine suffers, three do not notice")
    figures.add("faults", schedule.count(*KINDS))
    figures.add("of these fatal to the actor", schedule.count(*FATAL))
    figures.add("readings lost by the others", lost, 0)
    figures.add("intervals skipped by the others", skipped, 0)
    figures.add("jitter of the others in calm, p99", percentile(calm, 0.99), None, "ms")
    figures.add("jitter of the others in the storm, p99", percentile(stormy, 0.99), limit, "ms")
    figures.add("jitter of the others in the storm, longest", max(stormy, default=0), None, "ms")
    figures.add("back after a death, p50", percentile(back, 0.5), None, "ms")
    figures.add("back after a death, p99", percentile(back, 0.99), BACK_WITHIN_MS, "ms")
    return figures


def run_parking(home: Path) -> Figures:
    """The default supervision: the sixth crash in a minute parks the machine, a restart revives it."""
    crashes = [fault("panic", 200 * number, 1) for number in range(1, 7)]
    with HearthDaemon(home, machines=machines(crashes)) as hearth:
        ill = hearth.live("machine-a")
        watches = [Watch(hearth.live(each)) for each in OTHERS]
        starts = [watch.socket.here() for watch in watches]
        failed = ill.wait_for("connection", driver_state="failed", within=90)
        answer = hearth.rest.post("/api/machines/machine-a/restart")
        assert answer.status_code == 202, answer.text
        ill.wait_for("connection", since=failed.index + 1, driver_state="connected", within=30)
        ill.wait_for("temperature", since=failed.index + 1)
        lost = sum(watch.lost(since) for watch, since in zip(watches, starts, strict=True))
        for watch, since in zip(watches, starts, strict=True):
            assert not watch.disturbed(since), watch.disturbed(since)[0].data
    figures = Figures("Parked after too many crashes, revived by hand")
    figures.add("restarts before it was parked", failed["restarts"])
    figures.add("readings lost by the others", lost, 0)
    return figures


def restarts(ill: LiveSocket) -> int:
    """How often the machine's actor has been replaced."""
    return max((frame["restarts"] for frame in ill.of_type("connection")), default=0)


def recoveries_ms(ill: LiveSocket) -> list[float]:
    """From each death or hang as it was declared to the next reading. Unit: ms."""
    died: Frame | None = None
    back: list[float] = []
    for frame in ill.frames:
        if frame.type == "connection" and (frame["driver_state"] == "restarting" or "hung" in frame["message"]):
            died = died or frame
        elif frame.type == "temperature" and died is not None:
            back.append((frame.at - died.at) * 1000)
            died = None
    return back


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=1_000)
    parser.add_argument("--minute", type=float, default=60.0, help="length of the calm stretch in seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}", flush=True)
    with tempfile.TemporaryDirectory() as home:
        storm = run(Path(home) / "storm", wanted.faults, wanted.minute, wanted.seed)
        parking = run_parking(Path(home) / "parking")
    print(storm, parking, sep="\n\n")
    return 1 if storm.broken() + parking.broken() else 0


if __name__ == "__main__":
    raise SystemExit(main())
