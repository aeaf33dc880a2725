"""All trust runs, full length: `python tests/trust`. Ends with 1 when a promise is broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RUNS = ("liveness.py", "cuts.py", "kill9.py", "schema.py", "heat.py", "isolation.py", "flood.py")


def main() -> int:
    failed = [name for name in RUNS if subprocess.call([sys.executable, str(Path(__file__).with_name(name))])]
    print(f"\n{len(RUNS) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
