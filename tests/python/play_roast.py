"""The roast player as a program, for tests in other languages: a Modbus TCP machine that answers on stdout, one JSON a line.

    play_roast.py PACE

First comes `{"machine": …}`, the configuration that reaches it. Then each line on stdin is a wish:
`begin` lets the roast run and answers `{"truth": {"CHARGE": s, "TP": s, "DROP": s}}`, moments of the monotonic clock that
all processes of a computer share; `burner` answers `{"burner": %}`, `null` until it was written. The end of stdin ends it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from machines import modbus
from roast_curve import RoastCurve
from roast_player import BURNER_HOLDING, RoastPlayer

MACHINE = "drum-tcp"


def say(answer: Mapping[str, Any]) -> None:
    """One answer, at once."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def begin(player: RoastPlayer) -> dict[str, Any]:
    """Charges the drum a minute of roast from here; when what will happen."""
    player.begin()
    truth = player.curve.truth
    moments = {"CHARGE": truth.charge_s, "TP": truth.turning_point_s, "DROP": truth.drop_s}
    return {"truth": {kind: player.moment_of(roast_s) for kind, roast_s in moments.items()}}


def burner(player: RoastPlayer) -> dict[str, Any]:
    """What the burner's register holds by the last write."""
    written = [write.value for write in player.register_writes if write.address == BURNER_HOLDING]
    return {"burner": written[-1] if written else None}


def main(pace: float) -> None:
    """Plays until stdin ends."""
    wishes = {"begin": begin, "burner": burner}
    with RoastPlayer("tcp", RoastCurve(), pace) as player:
        say({"machine": modbus(MACHINE, player.driver(), clock_speed=pace)})
        for line in sys.stdin:
            say(wishes[line.strip()](player))


if __name__ == "__main__":
    main(float(sys.argv[1]))
