"""No heat unasked when things die: a short count of each row here, the long ones and their limits in `make trust`."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

import heat
from hearth_daemon import runs
from heat_device import HeatDevice
from waiting import wait_until

pytestmark = pytest.mark.timeout(300)


def test_a_killed_daemon_leaves_no_heat_and_its_guard_starts_another(tmp_path: Path) -> None:
    print(heat.run_kills(tmp_path / "hearth", 3, random.Random(1)))


def test_a_daemon_whose_guard_is_killed_brings_its_outputs_to_safety_and_ends(tmp_path: Path) -> None:
    print(heat.run_guard_kills(tmp_path / "hearth", 2))


def test_the_first_bytes_after_a_lost_link_are_the_safe_ones(tmp_path: Path) -> None:
    print(heat.run_links(tmp_path / "hearth", 2, random.Random(1)))


def test_a_lost_sensor_takes_the_heat_away(tmp_path: Path) -> None:
    print(heat.run_sensors(tmp_path / "hearth", 1, random.Random(1)))


def test_heat_goes_off_with_nobody_there_and_stays_while_somebody_is(tmp_path: Path) -> None:
    print(heat.run_operators(tmp_path / "hearth", 2))


def test_no_restart_brings_heat_that_nobody_ordered(tmp_path: Path) -> None:
    print(heat.run_restarts(tmp_path / "hearth", 2, random.Random(1)))


def test_stop_reaches_the_device_from_among_a_crowd(tmp_path: Path) -> None:
    print(heat.run_stops(tmp_path / "hearth", 8, clients=30))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_an_orderly_signal_to_the_guard_stops_the_daemon_in_order(tmp_path: Path, how: signal.Signals) -> None:
    with heat.shop(tmp_path / "hearth") as it:
        it.heat()
        here, pid = it.device.here(), it.daemon_pid
        os.kill(it.guard_pid, how)
        assert it.hearth.process.wait(30) == 0, it.hearth.logs()
        assert not runs(pid), "the daemon ends before its guard does"
        assert [write.value for write in it.device.changes(here, heat.HEAT)] == [0]
        assert "made safe by the guard" not in it.hearth.stderr, "the daemon did it itself"


def test_an_orderly_stop_that_the_device_refused_is_finished_by_the_guard_and_its_exit_code_tells(tmp_path: Path) -> None:
    with heat.shop(tmp_path / "hearth") as it:
        it.heat()
        here, pid = it.device.here(), it.daemon_pid
        it.device.refuses = True
        os.kill(it.guard_pid, signal.SIGTERM)
        wait_until(lambda: "did not confirm their safe values" in it.hearth.stderr, "the daemon to say so", 30)
        it.device.refuses = False
        assert it.hearth.process.wait(30) == 3, it.hearth.logs()
        assert 'machines="gas"' in next(line for line in it.hearth.stderr.splitlines() if "did not confirm their" in line)
        assert not runs(pid), "nobody starts it again"
        assert [write.value for write in it.device.changes(here, heat.HEAT)] == [0]
        assert "made safe by the guard" in it.hearth.stderr


def test_a_daemon_that_is_told_to_stop_itself_takes_its_guard_along(tmp_path: Path) -> None:
    with heat.shop(tmp_path / "hearth") as it:
        os.kill(it.daemon_pid, signal.SIGTERM)
        assert it.hearth.process.wait(30) == 0, it.hearth.logs()


def test_the_guard_writes_for_machines_that_came_later_and_not_for_those_that_went(tmp_path: Path) -> None:
    with HeatDevice() as second, heat.shop(tmp_path / "hearth") as it:
        rest = it.hearth.rest
        rest.post("/api/machines", json=second.machine("later")).raise_for_status()
        wait_until(
            lambda: rest.get("/api/machines/later/session").json()["driver_state"] == "connected", "the second machine"
        )
        rest.post("/api/machines/later/controls/burner", json={"value": 0.4}).raise_for_status()
        rest.delete("/api/machines/gas").raise_for_status()
        wait_until(lambda: 'machines="later"' in it.hearth.stderr, "the guard to know")
        gone_here, later_here, pid = it.device.here(), second.here(), it.daemon_pid
        os.kill(pid, signal.SIGKILL)
        assert second.wait_for_change(later_here, 40).value == 0
        wait_until(lambda: it.daemon_pid not in (0, pid), "a fresh daemon", 60)
        wait_until(lambda: "made safe by the guard" in it.hearth.stderr, "the guard to say what it did")
        said = next(line for line in it.hearth.stderr.splitlines() if "made safe by the guard" in line)
        assert "later" in said and f"writing 0 to holding register 100, unit 1 on 127.0.0.1:{second.port}" in said, said
        assert not it.device.since(gone_here), "a machine that is gone is nobody's to write to"


def test_a_device_that_is_away_is_told_and_made_safe_when_it_is_back(tmp_path: Path) -> None:
    with heat.shop(tmp_path / "hearth") as it:
        it.heat()
        here, pid = it.device.here(), it.daemon_pid
        it.device.vanish()
        killed = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: "could not make this output safe" in it.hearth.stderr, "the guard to say that it failed", 30)
        it.device.come_back()
        assert it.device.wait_for_change(here, heat.HEAT, within=60).value == 0
        it.wait_for_another(pid)
        it.assert_cold_without_order(here, killed, "after a kill with the device away")


def test_without_a_guard_the_daemon_is_one_process(tmp_path: Path) -> None:
    with HeatDevice() as device:
        it = heat.Shop(tmp_path / "hearth", device)
        it.hearth.arguments.append("--unguarded")
        with it:
            assert it.daemon_pid == it.guard_pid
