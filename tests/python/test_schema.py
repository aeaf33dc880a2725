"""Requests made up from the description, with each role: a few here, ten thousand for each in `make trust`."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import schema
from hearth_daemon import HearthDaemon
from machines import simulated


@pytest.mark.parametrize("role", schema.ROLES)
def test_no_request_that_is_made_up_breaks_the_daemon_or_its_description(tmp_path: Path, role: str) -> None:
    seed = int(os.environ.get("HEARTH_SEED", random.randrange(1_000_000)))
    with HearthDaemon(tmp_path / "hearth", machines=[simulated()], settings=schema.NEEDS_LOGIN) as hearth:
        made, found = schema.make_up(hearth, role, "fuzzing", 1, seed)
        assert hearth.running
    assert not found, found
    assert made > 100
