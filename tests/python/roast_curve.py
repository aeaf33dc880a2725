"""A whole roast as a function of time, made once by integrating a small model: the truth that detection is held to.

Beans (one heat capacity) in a drum of hot air, and a probe that sees mostly beans and lags behind them. Plausible, not
exact: preheated to 200 °C, a dip to 85 °C some 70 s after CHARGE, 203 °C at DROP after nine and a half minutes.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

#: Preheated and steady before the beans go in. Unit: s after the begin of the play.
CHARGE_S = 60.0
#: Length of the roast, CHARGE to DROP. Unit: s.
ROAST_S = 570.0
#: How long the curve goes on falling after DROP. Unit: s.
COOLING_S = 90.0

STEP_S = 0.1
#: The probe's metal, and the sheath around it.
PROBE_LAG_S = 28.0
SHEATH_LAG_S = 2.5
BEAN_HEATING_S = 215.0
PREHEATED_BT = 200.0
PREHEATED_ET = 230.0
BEANS_AT_CHARGE = 25.0
AIR_DIP = 190.0
AIR_AT_DROP = 222.0
#: Share of what the probe sees that is beans; the rest is air.
BEANS_ON_PROBE = 0.85


@dataclass(frozen=True)
class Truth:
    """When what really happened. Unit: s after the begin of the play."""

    charge_s: float
    turning_point_s: float
    drop_s: float
    end_s: float


@dataclass(frozen=True)
class Point:
    """What the two probes show. Unit: °C."""

    bt: float
    et: float


class RoastCurve:
    """The curve, its truth, and its value at any moment; before the begin it is the preheated drum."""

    def __init__(self) -> None:
        self._points = _integrate()
        lowest = min(range(len(self._points)), key=lambda i: (self._points[i].bt, i))
        self.truth = Truth(
            charge_s=CHARGE_S,
            turning_point_s=lowest * STEP_S,
            drop_s=CHARGE_S + ROAST_S,
            end_s=CHARGE_S + ROAST_S + COOLING_S,
        )

    def at(self, seconds: float) -> Point:
        """The point `seconds` after the begin; the ends hold."""
        index = min(max(int(seconds / STEP_S), 0), len(self._points) - 1)
        return self._points[index]


def _integrate() -> list[Point]:
    points: list[Point] = []
    bt, sheath, et, beans = PREHEATED_BT, PREHEATED_BT, PREHEATED_ET, BEANS_AT_CHARGE
    steps = int((CHARGE_S + ROAST_S + COOLING_S) / STEP_S) + 1
    for step in range(steps):
        since_charge = step * STEP_S - CHARGE_S
        if since_charge < 0:
            air, seen = PREHEATED_ET, PREHEATED_BT
        elif since_charge < ROAST_S:
            air = AIR_DIP + (AIR_AT_DROP - AIR_DIP) * min(1.0, since_charge / 300.0)
            beans += (air - beans) / BEAN_HEATING_S * STEP_S * _eagerness(since_charge)
            seen = BEANS_ON_PROBE * beans + (1 - BEANS_ON_PROBE) * air
        else:
            air, seen = 120.0, 90.0
        sheath += (seen - sheath) / SHEATH_LAG_S * STEP_S
        bt += (sheath - bt) / PROBE_LAG_S * STEP_S
        et += (air - et) / 25.0 * STEP_S
        points.append(Point(round(bt, 3), round(et, 3)))
    return points


def _eagerness(since_charge: float) -> float:
    """How readily beans take up heat: drying first takes energy, dry beans take it faster."""
    marks, factors = (0.0, 120.0, 300.0), (0.85, 0.95, 1.05)
    return factors[bisect_right(marks, since_charge) - 1]
