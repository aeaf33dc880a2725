"""Machine configurations that the suites share, in the shape of the REST and configuration documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from roast_player import BT_HOLDING, BURNER_HOLDING, BURNER_MIRROR_INPUT, DRUM_COIL, ET_INPUT

Machine = dict[str, Any]


def fault(kind: str, at_ms: int, for_ms: int = 500, every_ms: int | None = None) -> dict[str, Any]:
    """One entry of a simulator's fault list. Times on the machine's own clock."""
    entry: dict[str, Any] = {"kind": kind, "at_ms": at_ms, "for_ms": for_ms}
    return entry if every_ms is None else {**entry, "every_ms": every_ms}


def simulated(
    machine: str = "machine-a",
    *,
    speed: float = 1.0,
    interval_ms: int = 1000,
    seed: int = 1,
    operator: bool = False,
    faults: Iterable[Mapping[str, Any]] = (),
    **more: Any,
) -> Machine:
    """A simulated roaster with the simulator's own channels, unless `more` names others."""
    return {
        "id": machine,
        "name": f"Simulated {machine}",
        "kind": "roaster",
        "autoconnect": True,
        "sampling_interval_ms": interval_ms,
        "driver": {
            "type": "simulator",
            "model": "roaster",
            "speed": speed,
            "seed": seed,
            "operator": operator,
            "faults": [dict(each) for each in faults],
        },
        **more,
    }


def modbus(machine: str, driver: Mapping[str, Any], *, clock_speed: float = 1.0, **more: Any) -> Machine:
    """A Modbus roaster with the registers of `roast_player`."""
    return {
        "id": machine,
        "name": f"Drum {machine}",
        "kind": "roaster",
        "autoconnect": False,
        "sampling_interval_ms": 1000,
        "clock_speed": clock_speed,
        "driver": dict(driver),
        "channels": [
            sensor("bt", {"register": "holding", "address": BT_HOLDING, "type": "i16", "divisor": 10}, role="bt"),
            sensor("et", {"register": "input", "address": ET_INPUT, "type": "i16", "divisor": 10}, role="et"),
            burner(),
            {
                "id": "drum",
                "kind": "control",
                "control": "toggle",
                "source": {"register": "coil", "address": DRUM_COIL},
            },
        ],
        "detection": {"charge": True, "drop": True, "turning_point": True, "dry_end_bt": 150},
        **more,
    }


def sensor(channel: str, source: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A temperature channel."""
    return {"id": channel, "kind": "sensor", "unit": "celsius", "source": dict(source), **more}


def burner(holding: int = BURNER_HOLDING, mirror: int | None = BURNER_MIRROR_INPUT) -> dict[str, Any]:
    """A burner in whole per cent, with a mirror to read back from where there is one; that of `roast_player` unless told otherwise."""
    readback = {} if mirror is None else {"readback": {"register": "input", "address": mirror, "type": "u16"}}
    return {
        "id": "burner",
        "kind": "control",
        "class": "heat",
        "min": 0,
        "max": 100,
        "step": 1,
        "unit": "percent",
        "failsafe": 0,
        "source": {"register": "holding", "address": holding, "type": "u16"},
        **readback,
    }
