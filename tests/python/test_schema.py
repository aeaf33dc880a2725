"""Requests made up from the description: a few for the least and the greatest role here, ten thousand for each in `make trust`."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import schema


@pytest.mark.parametrize("role", ["none", "admin"])
def test_no_request_that_is_made_up_breaks_the_daemon_or_its_description(tmp_path: Path, role: str) -> None:
    seed = int(os.environ.get("HEARTH_SEED", random.randrange(1_000_000)))
    with schema.house(tmp_path / "hearth") as (hearth, sent):
        made, found = schema.make_up(hearth, sent[role], "fuzzing", 1, seed)
        assert hearth.running
    assert not found, found
    assert made > 100
