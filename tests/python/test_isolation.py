"""One machine suffers, the others do not notice: a short count here and no limits of time; both in `make trust`."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import isolation

pytestmark = pytest.mark.alone

FAULTS = int(os.environ.get("HEARTH_FAULTS", "20"))


@pytest.mark.timeout(240 + 2 * FAULTS)
def test_faults_of_every_kind_on_one_machine_cost_the_others_no_reading(tmp_path: Path) -> None:
    seed = int(os.environ.get("HEARTH_SEED", random.randrange(1_000_000)))
    print(f"HEARTH_SEED={seed}")
    figures = isolation.run(tmp_path / "hearth", FAULTS, 3.0, seed)
    print(figures)
    assert [broken for broken in figures.broken() if "lost" in broken] == []


def test_too_many_crashes_park_a_machine_and_a_restart_revives_it(tmp_path: Path) -> None:
    figures = isolation.run_parking(tmp_path / "hearth")
    print(figures)
    assert figures.broken() == []
