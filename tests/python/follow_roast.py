"""A `websockets` client that follows one recording to its end, for tests in other languages.

    follow_roast.py URL MACHINE PACE

Prints `{"following": true}` once the daemon answers, and after the end of the recording what it saw: the session, its
`temperature`, `event` and `control_ack` frames in order of arrival, and `zero_s`, the session clock's zero on the monotonic
clock that all processes of a computer share.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from live_socket import LiveSocket

#: How long a recording may last. Unit: s of real time.
RECORDING_WITHIN_S = 600.0


def follow(client: LiveSocket, pace: float) -> dict[str, Any]:
    """What the client saw of the next recording; `pace` is the speed of the machine's clock."""
    recording = client.wait_for("state", state="recording", within=RECORDING_WITHIN_S)
    session = recording["session_id"]
    finished = client.wait_for("state", since=recording.index, state="finished", within=RECORDING_WITHIN_S)
    seen = [frame for frame in client.since(recording.index) if frame.index < finished.index]
    readings = [frame for frame in seen if frame.type == "temperature" and frame["session_id"] == session]
    return {
        "session_id": session,
        "temperature": [frame.data for frame in readings],
        "event": [frame.data for frame in seen if frame.type == "event"],
        "control_ack": [frame.data for frame in seen if frame.type == "control_ack"],
        # The reading that was least delayed on its way here knows best when the clock began.
        "zero_s": min(frame.at - frame["timestamp_ms"] / 1000 / pace for frame in readings),
    }


def say(answer: Any) -> None:
    """One answer, at once."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main(url: str, machine: str, pace: float) -> None:
    """Follows `machine` through its next recording."""
    client = LiveSocket.of(url, machine, name="follower")
    try:
        client.wait_for("control_lease")
        say({"following": True})
        say(follow(client, pace))
    finally:
        client.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
