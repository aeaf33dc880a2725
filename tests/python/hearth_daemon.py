"""The daemon as a process: a configuration file and a data directory of its own, a free port, and its logs at hand."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

from live_socket import LiveSocket
from waiting import wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
LISTENING = re.compile(r"listening on (https?://[^\s\"',]+)")

#: Time for a start; a debug build on a busy machine needs far less.
START_S = 30.0
#: Time that the contract gives an orderly stop.
STOP_S = 5.0

#: Daemons that this run started, so that a failing test can show what they said.
started: list[HearthDaemon] = []


def hearth_binary() -> Path:
    """The program under test: `HEARTH_BIN`, else the debug build."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    binary = Path(os.environ.get("HEARTH_BIN", target / "debug" / "hearth"))
    if not binary.is_file():
        raise FileNotFoundError(f"there is no daemon at {binary}: run `cargo build`, or name one in HEARTH_BIN")
    return binary


def toml_text(tree: Mapping[str, Any]) -> str:
    """A configuration tree as TOML: plain keys first, then one table per section, then the machines."""
    lines = [f"{key} = {_inline(value)}" for key, value in tree.items() if not isinstance(value, Mapping | list)]
    for name, section in tree.items():
        if isinstance(section, Mapping):
            lines += [f"[{name}]", *(f"{_key(key)} = {_inline(value)}" for key, value in section.items())]
    for machine in tree.get("machines", []):
        lines += ["[[machines]]", *(f"{_key(k)} = {_inline(v)}" for k, v in machine.items() if v is not None)]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_inline(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that configures a daemon, and with `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HEARTH_", "RUST_BACKTRACE"))}
    return {**kept, "RUST_LOG": kept.get("RUST_LOG", "info"), **more}


def run_hearth(
    *arguments: str | Path,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    typed: str = "",
    within: float = 30.0,
) -> subprocess.CompletedProcess[str]:
    """One run of the program to its end, in `cwd`, so that it finds no configuration by chance."""
    return subprocess.run(
        [str(hearth_binary()), *map(str, arguments)],
        cwd=cwd,
        env=clean_environment(**(environment or {})),
        capture_output=True,
        input=typed,
        text=True,
        timeout=within,
        check=False,
    )


def runs(pid: int) -> bool:
    """Whether a process runs, or any thread of it. One that ended and was not waited for by its parent does not."""
    try:
        threads = [Path(f"/proc/{pid}/task/{thread}/stat").read_text() for thread in os.listdir(f"/proc/{pid}/task")]
    except (FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/task").exists() and runs(pid)
    return any(stat.rsplit(")", 1)[1].split()[0] not in "ZX" for stat in threads)


class HearthDaemon:
    """One daemon: what it is configured with survives `kill`, `terminate` and `start`."""

    def __init__(
        self,
        home: Path,
        *,
        machines: Iterable[Mapping[str, Any]] = (),
        settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: Iterable[str] = (),
    ) -> None:
        self.arguments = list(arguments)
        self.home = home
        self.data = home / "data"
        self.config = home / "hearth.toml"
        self.environment = dict(environment or {})
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.rest = httpx.Client()
        self.sockets: list[LiveSocket] = []
        home.mkdir(parents=True, exist_ok=True)
        tree = {**(settings or {}), "storage": {"path": str(self.data)}, "machines": list(machines)}
        self.config.write_text(toml_text(tree), encoding="utf-8")

    def __enter__(self) -> HearthDaemon:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def stdout(self) -> str:
        """What this start of the daemon has printed."""
        return self._said("hearth.out")

    @property
    def stderr(self) -> str:
        """What this start of the daemon has complained about."""
        return self._said("hearth.err")

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> HearthDaemon:
        """Starts the daemon and returns when it listens."""
        assert not self.running, "the daemon runs already"
        self._keep_old_logs()
        with (self.home / "hearth.out").open("wb") as out, (self.home / "hearth.err").open("wb") as err:
            self.process = subprocess.Popen(
                [str(hearth_binary()), "serve", "--config", str(self.config), *self.arguments],
                cwd=self.home,
                env=clean_environment(**{"HEARTH_SERVER__LISTEN": "127.0.0.1:0", **self.environment}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        if self not in started:
            started.append(self)
        self.url = wait_until(self._announced_url, "the line `listening on http://…` on stdout", START_S)
        self.rest.close()
        self.rest = httpx.Client(base_url=self.url, timeout=20.0, trust_env=False)
        return self

    def live(self, machine: str, **query: str) -> LiveSocket:
        """A socket that follows `machine`; closed with the daemon."""
        socket = LiveSocket.of(self.url, machine, **query)
        self.sockets.append(socket)
        return socket

    def own_url(self, dialect: str) -> str:
        """Where a dialect listens that has a listener of its own."""
        announced = re.compile(rf"^{dialect} on (http://\S+)$", re.MULTILINE)
        return wait_until(lambda: announced.search(self.stdout), f"the listener of {dialect}", START_S).group(1)

    def kill(self) -> None:
        """SIGKILL, to the daemon and everything it started, at this instant."""
        self._signal_group(signal.SIGKILL)
        self._reap(STOP_S)

    def terminate(self, within: float = STOP_S * 2) -> tuple[int, float]:
        """SIGTERM; the exit code and how many seconds the daemon took."""
        assert self.process is not None
        since = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(within)
        return code, time.monotonic() - since

    def close(self) -> None:
        """Ends everything that belongs to this daemon."""
        for socket in self.sockets:
            socket.abort()
        self.sockets.clear()
        self.rest.close()
        self._signal_group(signal.SIGKILL)
        self._reap(STOP_S)
        if self in started:
            started.remove(self)

    def logs(self, last: int = 6000) -> str:
        """The end of everything it said, all starts together."""
        parts = [self._said(f"{name}{part}") for part in (".before", "") for name in ("hearth.out", "hearth.err")]
        return "".join(parts)[-last:]

    def _announced_url(self) -> str | None:
        if not self.running:
            code = self.process.returncode if self.process else None
            raise AssertionError(f"the daemon ended with {code} instead of listening:\n{self.logs()}")
        found = LISTENING.search(self.stdout)
        return found.group(1).rstrip("/").replace("//0.0.0.0:", "//127.0.0.1:") if found else None

    def _said(self, name: str) -> str:
        path = self.home / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _keep_old_logs(self) -> None:
        for name in ("hearth.out", "hearth.err"):
            if text := self._said(name):
                with (self.home / f"{name}.before").open("a", encoding="utf-8") as kept:
                    kept.write(text)

    def _signal_group(self, what: signal.Signals) -> None:
        if self.running and self.process is not None:
            os.killpg(self.process.pid, what)

    def _reap(self, within: float) -> None:
        if self.process is not None:
            self.process.wait(within)
            # Its daemon is no child of this process: port and data directory are free when that one is gone as well.
            lock = self.data / "lock"
            daemon = int(lock.read_text() or 0) if lock.exists() else 0
            wait_until(lambda: daemon == 0 or not runs(daemon), "the daemon to be gone", within)
