"""SIGKILL in the middle of a recording: a short count here, two hundred in `make trust`."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import kill9

KILLS = int(os.environ.get("HEARTH_KILLS", "10"))


@pytest.mark.timeout(120 + 15 * KILLS)
def test_nothing_acknowledged_is_lost_when_the_daemon_is_killed(tmp_path: Path) -> None:
    seed = int(os.environ.get("HEARTH_SEED", random.randrange(1_000_000)))
    print(f"HEARTH_SEED={seed}")
    figures = kill9.run(tmp_path / "hearth", KILLS, seed)
    print(figures)
    assert figures.broken() == []
