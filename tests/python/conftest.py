"""Daemons for the suites, and what they said when a test fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hearth_daemon
from hearth_daemon import HearthDaemon

StartHearth = Callable[..., HearthDaemon]


@pytest.fixture
def start_hearth(tmp_path: Path) -> Iterator[StartHearth]:
    """Starts daemons that live as long as the test. Same arguments as `HearthDaemon`, without the directory."""
    mine: list[HearthDaemon] = []

    def start(**configuration: Any) -> HearthDaemon:
        daemon = HearthDaemon(tmp_path / f"hearth-{len(mine)}", **configuration)
        mine.append(daemon)
        return daemon.start()

    yield start
    for daemon in mine:
        daemon.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Adds the daemons' logs to a failure."""
    report = yield
    if report.failed:
        for daemon in hearth_daemon.started:
            report.sections.append((f"hearth in {daemon.home.name}", daemon.logs()))
    return report
