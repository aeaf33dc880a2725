"""Three clients cut at random: a short count here, fifty in `make trust`."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import cuts
from conftest import StartHearth
from machines import simulated

CUTS = int(os.environ.get("HEARTH_CUTS", "8"))
SPEED = 20.0


@pytest.mark.timeout(120 + 5 * CUTS)
def test_three_clients_cut_at_random_end_with_the_journals_truth(tmp_path: Path) -> None:
    seed = int(os.environ.get("HEARTH_SEED", random.randrange(1_000_000)))
    print(f"HEARTH_SEED={seed}")
    figures = cuts.run(tmp_path / "hearth", CUTS, seed)
    print(figures)
    assert figures.broken() == []


def test_what_an_idle_machine_did_in_the_last_minute_can_be_synced(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[simulated(speed=SPEED)])
    witness = hearth.live("machine-a")
    known = witness.wait_for("temperature")
    leaving = witness.wait_for("temperature", lambda f: f["timestamp_ms"] > known["timestamp_ms"] + 45_000)
    late = hearth.live("machine-a")
    mark = late.command("sync", last_timestamp_ms=known["timestamp_ms"], last_seq=known.seq)
    done = late.wait_for("sync_complete", since=mark)
    assert done["truncated"] is False
    missed = [f.data for f in witness.of_type("temperature") if known.seq < f.seq <= leaving.seq]
    got = {f.seq: f.data for f in late.of_type("temperature")}
    assert [got.get(data["seq"]) for data in missed] == missed
    assert known.seq not in got
    replayed = [f.seq for f in late.since(mark) if f.seq is not None and f.index < done.index]
    live = [f.seq for f in late.frames if f.seq is not None]
    assert len(live) == len(set(live)), "nothing comes twice on one socket"
    assert done["count"] <= len(replayed)


def test_a_sync_of_a_clock_that_restarted_brings_the_whole_new_session(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[simulated(speed=SPEED)])
    witness = hearth.live("machine-a")
    witness.wait_for("temperature", lambda f: f["timestamp_ms"] > 20_000)
    stale = witness.wait_for("temperature", lambda f: f["timestamp_ms"] > 20_000)
    witness.command("start_monitoring")
    started = witness.wait_for("state", state="monitoring")
    upto = witness.wait_for("temperature", lambda f: f["timestamp_ms"] > 5_000, since=started.index)
    late = hearth.live("machine-a")
    mark = late.command("sync", last_timestamp_ms=stale["timestamp_ms"], session_id=stale["session_id"])
    late.wait_for("sync_complete", since=mark)
    wanted = [f.seq for f in witness.of_type("temperature", started.index) if f.seq <= upto.seq]
    got = {f.seq for f in late.of_type("temperature")}
    assert set(wanted) <= got
