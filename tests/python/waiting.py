"""Waiting for a condition, with a deadline and words for what was waited for. The only place that pauses."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PROBE_PAUSE_S = 0.01


class Overdue(AssertionError):
    """A condition did not come true in time."""


def wait_until(probe: Callable[[], T], what: str, within: float = 15.0) -> T:
    """The first truthy answer of `probe`; `Overdue` with the last answer when there is none in `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise Overdue(f"waited {within:g} s for {what}; the last look showed: {answer!r}")
        time.sleep(PROBE_PAUSE_S)


def pause_until(moment: float) -> None:
    """Lets real time pass until `moment` of the monotonic clock: for chosen instants, never to wait for an effect."""
    time.sleep(max(0.0, moment - time.monotonic()))
