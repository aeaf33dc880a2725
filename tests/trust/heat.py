"""No heat unasked when things die: a device logs every write, and the log is held against the table of promises.

    python tests/trust/heat.py [--kills 200] [--guards 50] [--links 50] [--sensors 20] [--operators 6] [--restarts 100] [--stops 300]

Every figure is taken from the device's own log and one monotonic clock.
"""

from __future__ import annotations

import peers_path  # noqa: F401

import argparse
import os
import random
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from itertools import dropwhile
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed

from hearth_daemon import HearthDaemon, runs
from heat_device import BT, BURNER, HeatDevice, Write
from live_socket import LiveSocket
from rest_helpers import add_profile, profile_document
from table import Figures, percentile
from waiting import pause_until, wait_until

#: Promises. Source: the table of the safety design. Unit: ms.
GUARD_WITHIN_MS = 2_000
ORPHAN_WITHIN_MS = 1_000
LINK_BACK_WITHIN_MS = 2_000
SENSOR_WITHIN_MS = 3_000
OPERATOR_OFF_BY_MS = 1_000
STOP_P99_MS = 100

HEAT = 80
#: What a process has sent before its end may still be on its way, or be sent while it stops in order. Unit: s.
IN_FLIGHT_S = 1.0
OPERATOR_LOSS_MS = 10_000


class Shop:
    """A daemon with one machine whose device keeps a log."""

    def __init__(self, home: Path, device: HeatDevice, **more: Any) -> None:
        self.device = device
        self.hearth = HearthDaemon(
            home,
            machines=[device.machine(**more)],
            settings={
                "limits": {"sockets": 200, "sockets_per_address": 200},
                # A door for those who may only look.
                "dialects": {"openroast": {"listen": "127.0.0.1:0", "anonymous_role": "viewer"}},
            },
            environment={"HEARTH_SERVER__LISTEN": f"127.0.0.1:{_free_port()}"},
        )

    def __enter__(self) -> Shop:
        self.hearth.start()
        self.wait_connected()
        return self

    def __exit__(self, *_: object) -> None:
        self.hearth.close()

    @property
    def daemon_pid(self) -> int:
        """The process that the guard started: the data directory's lock names it; 0 while it is being written."""
        return int((self.hearth.data / "lock").read_text() or 0)

    @property
    def guard_pid(self) -> int:
        assert self.hearth.process is not None
        return self.hearth.process.pid

    def session(self) -> dict[str, Any] | None:
        """The machine's session, while the daemon answers."""
        with suppress(httpx.TransportError):
            answer = self.hearth.rest.get("/api/machines/gas/session")
            return answer.json() if answer.status_code == 200 else None
        return None

    def wait_connected(self, within: float = 60.0) -> None:
        wait_until(lambda: (self.session() or {}).get("driver_state") == "connected", "the machine to answer", within)

    def wait_for_another(self, pid: int) -> None:
        """A fresh daemon runs in the place of the one with this number, and its machine answers."""
        wait_until(lambda: self.daemon_pid not in (0, pid), "a fresh daemon", 60)
        self.wait_connected()

    def heat(self, value: int = HEAT) -> Write:
        """An operator's order: re-armed where that is needed, then heat. The write as the device saw it."""
        rest = self.hearth.rest
        rest.post("/api/machines/gas/rearm").raise_for_status()
        here = self.device.here()
        answer = rest.post("/api/machines/gas/controls/burner", json={"value": value / 100})
        assert answer.status_code == 200 and answer.json()["applied"], answer.text
        return self.device.wait_for_write(here, value)

    def assert_cold_without_order(self, position: int, since: float, why: str, steered: bool = False) -> None:
        """From a moment on the log holds nothing but the safe value; before it heat may have been refreshed, or moved where a task
        steered, until it was written off."""
        if steered:
            after_safe = dropwhile(lambda write: write.value != 0, self.device.since(position))
            hot = [write for write in after_safe if write.value != 0]
        else:
            hot = [write for write in self.device.changes(position, HEAT) if write.value != 0]
        hot += [write for write in self.device.since(position) if write.value != 0 and write.at > since + IN_FLIGHT_S]
        assert not hot, f"{why}: heat that nobody asked for: {hot}"
        assert self.device.registers[BURNER] == 0, f"{why}: the burner is on"

    def record(self) -> None:
        """Begins a recording, which goes on through all that follows."""
        for action in ("start_monitoring", "start_recording"):
            self.hearth.rest.post("/api/machines/gas/session", json={"action": action}).raise_for_status()

    def steer(self, task: str, **kwargs: Any) -> None:
        """Has a task move the heat that is on, until it has."""
        here = self.device.here()
        body = {"kwargs": {"machine_id": "gas", **kwargs}}
        self.hearth.rest.post(f"/api/tasks/{task}", json=body).raise_for_status()
        self.device.wait_for_change(here, HEAT)

    def cancel_tasks(self) -> None:
        """Ends what a restart left of the tasks."""
        rest = self.hearth.rest

        def open_ones() -> list[dict[str, Any]]:
            return [task for task in rest.get("/api/tasks").json() if task["status"] in ("pending", "running", "paused")]

        for task in open_ones():
            rest.delete(f"/api/tasks/{task['id']}")
        wait_until(lambda: not open_ones(), "the tasks to end")

    def assert_latched(self, reason: str) -> None:
        """Heat is refused until somebody re-arms."""
        safety = wait_until(lambda: self.session(), "the session")["safety"]
        assert safety["latched"] and safety["reason"] == reason, safety
        here = self.device.here()
        answer = self.hearth.rest.post("/api/machines/gas/controls/burner", json={"value": 0.5})
        assert answer.status_code == 409, answer.text
        assert not self.device.since(here), "a refused order never reaches the device"


@contextmanager
def shop(home: Path, **more: Any) -> Iterator[Shop]:
    with HeatDevice() as device, Shop(home, device, **more) as found:
        yield found


def run_kills(home: Path, kills: int, dice: random.Random) -> Figures:
    """SIGKILL of the daemon at random moments while heat is on: the guard writes, the daemon is back, nobody gets heat unasked."""
    took: list[float] = []
    back: list[float] = []
    with shop(home) as it:
        for _ in range(kills):
            it.heat()
            here, pid = it.device.here(), it.daemon_pid
            pause_until(time.monotonic() + dice.uniform(0, 0.3))
            killed = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            first = it.device.wait_for_change(here, HEAT)
            assert first.value == 0, f"the first bytes after a kill are the safe ones, not {first}"
            took.append((first.at - killed) * 1000)
            it.wait_for_another(pid)
            back.append((time.monotonic() - killed) * 1000)
            it.assert_cold_without_order(here, killed, "after a kill")
            it.assert_latched("crash")
    figures = Figures("SIGKILL of the daemon with heat on")
    figures.add("kills", kills)
    figures.add("kill to safe value at the device, p50", percentile(took, 0.5), None, "ms")
    figures.add("kill to safe value at the device, longest", max(took, default=0), GUARD_WITHIN_MS, "ms")
    figures.add("kill to machine connected again, p50", percentile(back, 0.5), None, "ms")
    return figures


def run_guard_kills(home: Path, kills: int) -> Figures:
    """SIGKILL of the guard: the daemon brings its outputs to safety and ends."""
    took: list[float] = []
    ended: list[float] = []
    with shop(home) as it:
        for _ in range(kills):
            it.heat()
            here, pid = it.device.here(), it.daemon_pid
            killed = time.monotonic()
            os.kill(it.guard_pid, signal.SIGKILL)
            first = it.device.wait_for_change(here, HEAT)
            assert first.value == 0, f"the first bytes after the guard's death are the safe ones, not {first}"
            took.append((first.at - killed) * 1000)
            wait_until(lambda pid=pid: not runs(pid), "the daemon to end", 10)
            ended.append((time.monotonic() - killed) * 1000)
            it.assert_cold_without_order(here, killed, "after the guard's death")
            it.hearth.process.wait(5)
            it.hearth.start()
            it.wait_connected()
            it.assert_cold_without_order(here, killed, "after a start")
    figures = Figures("SIGKILL of the guard with heat on")
    figures.add("kills", kills)
    figures.add("kill to safe value at the device, longest", max(took, default=0), ORPHAN_WITHIN_MS, "ms")
    figures.add("kill to the daemon's end, longest", max(ended, default=0), ORPHAN_WITHIN_MS, "ms")
    return figures


def run_links(home: Path, cuts: int, dice: random.Random) -> Figures:
    """The link is cut with heat on; when the device is back, the first bytes are the safe ones."""
    took: list[float] = []
    with shop(home) as it:
        for _ in range(cuts):
            it.heat()
            here = it.device.here()
            it.device.vanish()
            cut = time.monotonic()
            wait_until(lambda: (it.session() or {}).get("driver_state") == "reconnecting", "the loss to be noticed")
            pause_until(time.monotonic() + dice.uniform(0, 2))
            it.device.come_back()
            returned = time.monotonic()
            first = it.device.wait_for_change(here, HEAT)
            assert first.value == 0, f"the first bytes after a lost link are the safe ones, not {first}"
            took.append((first.at - returned) * 1000)
            it.wait_connected()
            it.assert_cold_without_order(here, cut, "after a lost link")
            it.assert_latched("link")
    figures = Figures("The link is lost with heat on")
    figures.add("cuts", cuts)
    figures.add("device back to safe value, p50", percentile(took, 0.5), None, "ms")
    figures.add("device back to safe value, longest", max(took, default=0), LINK_BACK_WITHIN_MS, "ms")
    return figures


def run_sensors(home: Path, losses: int, dice: random.Random) -> Figures:
    """BT is torn off with heat on."""
    took: list[float] = []
    with shop(home) as it:
        for _ in range(losses):
            it.heat()
            pause_until(time.monotonic() + dice.uniform(0, 1.5))
            here = it.device.here()
            it.device.broken.add(BT)
            off = it.device.wait_for_change(here, HEAT)
            assert off.value == 0, f"a lost sensor takes the heat away, it does not write {off}"
            took.append((off.at - it.device.read_good_at) * 1000)
            it.assert_cold_without_order(here, off.at, "after a lost sensor")
            it.assert_latched("sensor")
            it.device.broken.clear()
            good_at = it.device.read_good_at
            wait_until(lambda good_at=good_at: it.device.read_good_at > good_at, "a good reading")
            it.assert_latched("sensor")
    figures = Figures("BT gives no reading with heat on")
    figures.add("losses", losses)
    figures.add("last good reading to safe value, shortest", min(took, default=0), None, "ms")
    figures.add("last good reading to safe value, longest", max(took, default=0), SENSOR_WITHIN_MS, "ms")
    return figures


def run_operators(home: Path, losses: int) -> Figures:
    """Nobody is there with heat on; one who watches keeps it on."""
    off_by: list[float] = []
    with shop(home, safety={"operator_loss_ms": OPERATOR_LOSS_MS}) as it:
        for number in range(losses):
            watcher = it.hearth.live("gas") if number % 2 else None
            it.heat()
            here = it.device.here()
            left = time.monotonic()
            if watcher is not None:
                pause_until(left + OPERATOR_LOSS_MS / 1000 + 2)
                assert not it.device.changes(here, HEAT), "heat stays while somebody watches"
                left = time.monotonic()
                watcher.close()
            off = it.device.wait_for_change(here, HEAT, within=OPERATOR_LOSS_MS / 1000 + 10)
            assert off.value == 0, off
            off_by.append(abs((off.at - left) * 1000 - OPERATOR_LOSS_MS))
            it.assert_cold_without_order(here, off.at, "with nobody there")
            it.assert_latched("operator")
    figures = Figures("Nobody is there with heat on")
    figures.add("losses", losses)
    figures.add("off the promised moment by, longest", max(off_by, default=0), OPERATOR_OFF_BY_MS, "ms")
    return figures


def run_restarts(home: Path, each: int, dice: random.Random) -> Figures:
    """Five kinds of restart; after none of them there is heat before a person orders it."""

    def orderly(it: Shop) -> None:
        code, _ = it.hearth.terminate()
        assert code == 0, code
        it.hearth.start()

    def everything(it: Shop) -> None:
        it.hearth.kill()
        it.hearth.start()

    def daemon(it: Shop) -> None:
        pid = it.daemon_pid
        os.kill(pid, signal.SIGKILL)
        it.wait_for_another(pid)

    def guard(it: Shop) -> None:
        pid = it.daemon_pid
        os.kill(it.guard_pid, signal.SIGKILL)
        it.hearth.process.wait(5)
        wait_until(lambda: not runs(pid), "the daemon to end", 10)
        it.hearth.start()

    def machine(it: Shop) -> None:
        it.hearth.rest.post("/api/machines/gas/restart").raise_for_status()
        wait_until(lambda: it.session()["safety"]["latched"], "the machine to restart")

    def program(it: Shop) -> None:
        it.steer("program", steps=[{"type": "ramp", "channel": "burner", "to": 20, "over_s": 60}])

    def replay(it: Shop) -> None:
        it.steer("replay", profile_id=profile, apply_controls=True)

    kinds: list[Callable[[Shop], None]] = [orderly, everything, daemon, guard, machine]
    steerers: list[Callable[[Shop], None] | None] = [program, replay, None, None, None]
    figures = Figures("Restarts with heat on: none before an operator's order")
    with shop(home) as it:
        moves = [[second * 1_000, 0.3 + second % 10 * 0.05] for second in range(600)]
        profile = add_profile(it.hearth.rest, profile_document(controls={"burner": moves}))
        it.record()
        for kind in kinds:
            for number in range(each):
                steerer = steerers[number % len(steerers)]
                it.heat()
                if steerer is not None:
                    steerer(it)
                # Heat that is on is written again each second: some of these fall due while it dies.
                pause_until(time.monotonic() + dice.uniform(0, 1.2))
                here = it.device.here()
                begun = time.monotonic()
                kind(it)
                it.wait_connected()
                reads = it.device.read_good_at
                wait_until(lambda reads=reads: it.device.read_good_at > reads, "a reading")
                if steerer is not None:
                    # It had moved the heat again by now, and several times.
                    pause_until(time.monotonic() + 3)
                    it.cancel_tasks()
                what = steerer.__name__ if steerer else "nothing"
                it.assert_cold_without_order(here, begun, f"{kind.__name__} restarted, {what} steered", steerer is not None)
            figures.add(f"restarts of kind {kind.__name__}", each)
            figures.add("of these while a program or replay steered", sum(steerers[n % 5] is not None for n in range(each)))
        assert it.session()["state"] == "recording", "the recording went through all of it"
    figures.add("heat that nobody had asked for", 0, 0)
    return figures


def run_stops(home: Path, stops: int, clients: int = 100) -> Figures:
    """STOP in a crowd: one floods, one never reads, somebody else steers; from sockets, REST and one who may only look in turn."""
    took: list[float] = []
    with ExitStack() as stack:
        it = stack.enter_context(shop(home, sampling_interval_ms=200))
        crowd = [it.hearth.live("gas") for _ in range(clients - 4)]
        viewer = LiveSocket.of(it.hearth.own_url("openroast"), "gas")
        it.hearth.sockets.append(viewer)
        holder = it.hearth.live("gas", client_id="holder", name="holder")
        holder.command("acquire_control")
        holder.wait_for("control_lease", holder={"client_id": "holder", "name": "holder"})
        stack.enter_context(_never_reads(it.hearth.url))
        stack.enter_context(_floods(it.hearth.live("gas")))
        rest = stack.enter_context(httpx.Client(base_url=it.hearth.url, headers={"X-Client-Id": "holder"}, timeout=20))
        for number in range(stops):
            rest.post("/api/machines/gas/rearm").raise_for_status()
            here = it.device.here()
            # The device is a thread among a hundred clients of this same process: it may be too slow to confirm.
            order = {"value": HEAT / 100}
            wait_until(lambda: rest.post("/api/machines/gas/controls/burner", json=order).status_code == 200, "heat", 30)
            it.device.wait_for_write(here, HEAT)
            here = it.device.here()
            sent = time.monotonic()
            if number % 5 == 4:
                it.hearth.rest.post("/api/stop").raise_for_status()
            elif number % 5 == 3:
                it.hearth.rest.post("/api/machines/gas/stop").raise_for_status()
            elif number % 5 == 2:
                viewer.command("emergency_stop")
            else:
                crowd[number % len(crowd)].command("emergency_stop")
            took.append((it.device.wait_for_write(here, 0).at - sent) * 1000)
        for client in [*crowd, viewer, holder]:
            client.assert_open()
    figures = Figures("STOP among a crowd")
    figures.add("stops", stops)
    figures.add("clients, one floods, one never reads", clients)
    figures.add("frame sent to device write, p50", percentile(took, 0.5), None, "ms")
    figures.add("frame sent to device write, p99", percentile(took, 0.99), STOP_P99_MS, "ms")
    return figures


@contextmanager
def _meanwhile(name: str, work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Has a thread of its own work until it is told that it is over."""
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def _floods(flooder: LiveSocket) -> AbstractContextManager[None]:
    """Sends as fast as it can, far over its budget; comes back when it is thrown out."""
    url = flooder.url

    def flood(over: threading.Event) -> None:
        line = flooder
        while not over.is_set():
            try:
                for _ in range(100):
                    line.command("flood")
                    # Of who does not steer: refused.
                    line.send(type="control", channel="burner", value=0.9)
                over.wait(0.05)
            except ConnectionClosed:
                line.abort()
                line = LiveSocket(url)
        line.abort()

    return _meanwhile("flood", flood)


def _never_reads(url: str) -> AbstractContextManager[None]:
    """A client that asks for the past again and again, never takes a byte, and comes back when it is thrown out."""

    def ask(over: threading.Event) -> None:
        while not over.is_set():
            with suppress(OSError), _deaf(url) as line:
                while not over.wait(0.2):
                    line.sendall(_masked(b'{"type":"command","action":"sync"}'))

    return _meanwhile("never reads", ask)


def _deaf(url: str) -> socket.socket:
    """A WebSocket with the smallest of receive buffers, on which nobody listens."""
    host, port = url.removeprefix("http://").split(":")
    line = socket.socket()
    line.settimeout(5)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect((host, int(port)))
    line.sendall(
        f"GET /ws/live/gas HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
    )
    return line


def _masked(text: bytes) -> bytes:
    """A text frame of a client, of fewer than 126 bytes, under a mask of zeros."""
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    counts = {"kills": 200, "guards": 50, "links": 50, "sensors": 20, "operators": 6, "restarts": 100, "stops": 300}
    for name, count in counts.items():
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}", flush=True)
    dice = random.Random(wanted.seed)
    runs: list[tuple[int, Callable[[Path, int], Figures]]] = [
        (wanted.kills, lambda home, count: run_kills(home, count, dice)),
        (wanted.guards, run_guard_kills),
        (wanted.links, lambda home, count: run_links(home, count, dice)),
        (wanted.sensors, lambda home, count: run_sensors(home, count, dice)),
        (wanted.operators, run_operators),
        (wanted.restarts, lambda home, count: run_restarts(home, count, dice)),
        (wanted.stops, run_stops),
    ]
    broken = False
    for count, run in runs:
        if count == 0:
            continue
        with tempfile.TemporaryDirectory() as home:
            figures = run(Path(home) / "hearth", count)
        print(figures, "", sep="\n", flush=True)
        broken = broken or bool(figures.broken())
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
