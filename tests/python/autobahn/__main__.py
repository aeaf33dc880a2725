"""Plays every case against an echo and lists what came of each: `python -m autobahn ws://127.0.0.1:PORT/echo`."""

from __future__ import annotations

import asyncio
import sys

from .cases import Case, all_cases
from .peer import play

#: Cases at a time.
AT_ONCE = 32


async def play_all(url: str) -> list[tuple[Case, str | None]]:
    """Every case with what was wrong, if anything was."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> tuple[Case, str | None]:
        async with turn:
            return case, await play(url, case)

    return await asyncio.gather(*map(one, all_cases()))


def main() -> int:
    results = asyncio.run(play_all(sys.argv[1]))
    for case, wrong in results:
        print(f"{case.number:<8} {'OK    ' if wrong is None else 'FAILED'} {case.about[:90]}{f': {wrong}' if wrong else ''}")
    failed = sum(wrong is not None for _, wrong in results)
    print(f"\n{len(results) - failed} OK, {failed} FAILED")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
