"""WebSockets as RFC 6455 has them: every case of `autobahn.cases` against the upgrade layer of the daemon, by `examples/echo.rs`."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autobahn.__main__ import play_all
from autobahn.cases import all_cases
from hearth_daemon import clean_environment, hearth_binary


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[str]:
    """The address of an echo."""
    program = hearth_binary().parent / "examples" / "echo"
    if not program.is_file():
        raise FileNotFoundError(f"there is no echo at {program}: run `cargo build --example echo`")
    environment = clean_environment(TMPDIR=str(tmp_path))
    with subprocess.Popen([program], env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            announced = re.search(r"ws://\S+", process.stdout.readline())
            assert announced, "the echo ended instead of listening"
            yield announced.group()
        finally:
            process.send_signal(signal.SIGTERM)


def test_every_case_ends_as_it_should(echo: str) -> None:
    cases = all_cases()
    assert len(cases) == len({case.number for case in cases}) > 290
    results = asyncio.run(play_all(echo))
    assert {case.number: wrong for case, wrong in results if wrong is not None} == {}
