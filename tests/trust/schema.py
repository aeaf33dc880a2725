"""Requests that schemathesis makes up from `/api/openapi.json`, with each role: no answer is a
fault of the daemon's, each is as described.

python tests/trust/schema.py
"""

from __future__ import annotations

import peers_path  # noqa: F401

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from hearth_daemon import HearthDaemon, clean_environment, run_hearth
from machines import simulated
from table import Figures

ROLES = ("none", "viewer", "operator", "admin")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
#: A device that does not do it is told as 502, a machine that is not connected as 503, as the description says; every other 5xx is
#: the daemon's fault.
SETTINGS = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "502", "503"]
"""
#: Sockets, which need another client, and a stream that does not end.
LEFT_OUT = ("--exclude-path-regex", "^/ws", "--exclude-operation-id", "streamEvents")
#: No answer takes longer. Unit: s.
ANSWER_S = 20
#: A proxy that nobody has: who has no credential is then nobody, also from this computer.
NEEDS_LOGIN = {"server": {"trusted_proxies": ["192.0.2.1"]}}


@contextmanager
def house(home: Path) -> Iterator[tuple[HearthDaemon, dict[str, dict[str, str]]]]:
    """A daemon, and what somebody with each role sends along."""
    hearth = HearthDaemon(home, machines=[simulated(), simulated("machine-b")], settings=NEEDS_LOGIN)
    sent: dict[str, dict[str, str]] = {"none": {}}
    for role in ROLES[1:]:
        wanted = ("--config", hearth.config, "--name", role, "--role", role)
        made = run_hearth("token", "create", *wanted, cwd=hearth.home)
        assert made.returncode == 0, made.stderr
        sent[role] = {"Authorization": f"Bearer {made.stdout.split()[0]}"}
    with hearth:
        answer = hearth.rest.get("/api/openapi.json", headers=sent["admin"])
        assert answer.status_code == httpx.codes.OK, answer.text
        (home / "openapi.json").write_text(answer.text)
        (home / "schemathesis.toml").write_text(SETTINGS)
        yield hearth, sent


def make_up(hearth: HearthDaemon, sent: dict[str, str], phases: str, each: int, seed: int) -> tuple[int, str]:
    """One run, with these headers; how many cases it made up, and what it found, if anything."""
    report = hearth.home / "report.json"
    report.unlink(missing_ok=True)
    headers = [part for name, value in sent.items() for part in ("--header", f"{name}: {value}")]
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file", str(hearth.home / "schemathesis.toml"), "run", str(hearth.home / "openapi.json"),
            "--url", hearth.url, *headers, *LEFT_OUT,
            "--checks", ",".join(CHECKS), "--phases", phases, "--max-examples", str(each), "--seed", str(seed),
            "--request-timeout", str(ANSWER_S), "--continue-on-failure", "--warnings", "off", "--no-color",
            "--suppress-health-check", "all", "--report", "json", "--report-json-path", str(report),
        ],
        cwd=hearth.home,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert report.exists(), f"{run.stdout}\n{run.stderr}"
    made = json.loads(report.read_text())["test_cases"]["generated"]
    return made, "" if run.returncode == 0 else f"seed {seed}:\n{run.stdout}"


def run(home: Path, role: str, cases: int, seed: int) -> tuple[Figures, str]:
    """At least this many cases with one role; the figures, and what was found."""
    with house(home) as (hearth, sent):
        made, found = make_up(hearth, sent[role], "examples,coverage,fuzzing", 20, seed)
        rounds = 0
        while made < cases and not found:
            rounds += 1
            more, found = make_up(hearth, sent[role], "fuzzing", 50, seed + rounds)
            made += more
        alive = hearth.running and hearth.rest.get("/healthz").status_code == httpx.codes.OK
        started = hearth.stdout.count("listening on")
    figures = Figures(f"Requests made up, role: {role}")
    figures.add("cases", made)
    figures.add("with something wrong", int(bool(found)), 0)
    figures.add("daemons lost", int(not alive) + started - 1, 0)
    return figures, found


def main() -> int:
    seed = int(os.environ.get("HEARTH_SEED", random.randrange(1_000_000)))
    cases = int(os.environ.get("HEARTH_CASES", "10000"))
    print(f"HEARTH_SEED={seed}")
    broken = 0
    for role in ROLES:
        with tempfile.TemporaryDirectory() as home:
            figures, found = run(Path(home) / "hearth", role, cases, seed)
        print(figures, found, sep="\n")
        broken += len(figures.broken())
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
