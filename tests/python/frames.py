"""The documented frames: which fields each has, of which type, and nothing else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from live_socket import Frame

Check = Callable[[Any], bool]

EVENT_TYPES = ("CHARGE", "DRY_END", "FCs", "FCe", "SCs", "SCe", "DROP", "COOL", "TP")
STATES = ("idle", "monitoring", "recording", "finished")
DRIVER_STATES = ("disconnected", "connecting", "connected", "reconnecting", "restarting", "failed")
ALARM_STATES = ("unacked", "acked", "cleared_unacked", "normal", "shelved")
SAFETY_REASONS = ("stop", "crash", "link", "sensor", "operator", "interlock")
REPLAY_STATES = ("playing", "paused", "stopped", "finished")
ERROR_CODES = {
    "DRIVER_READ_FAILED": True,
    "DRIVER_WRITE_FAILED": True,
    "DRIVER_DISCONNECTED": True,
    "INVALID_STATE_TRANSITION": True,
    "INVALID_MESSAGE": True,
    "MACHINE_NOT_FOUND": False,
    "SESSION_LOCKED": True,
    "INTERLOCK_BLOCKED": True,
    "EMERGENCY_STOP": True,
    "LATCHED": True,
    "PROFILE_NOT_FOUND": True,
    "FORBIDDEN": False,
    "RATE_LIMITED": True,
    "MACHINE_FAILED": True,
    "INTERNAL": True,
}


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_fraction(value: Any) -> bool:
    return is_number(value) and 0 <= value <= 1


def is_time(value: Any) -> bool:
    """RFC 3339 with an offset."""
    return is_text(value) and datetime.fromisoformat(value).tzinfo is not None


def is_session_id(value: Any) -> bool:
    """A UUID of version 7."""
    return is_text(value) and UUID(value).version == 7


def is_slug(value: Any) -> bool:
    return is_text(value) and re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", value) is not None


def maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def one_of(*choices: str) -> Check:
    return lambda value: value in choices


def map_of(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(is_text(k) and check(v) for k, v in value.items())


def list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


def record(**fields: Check) -> Check:
    """An object with exactly these fields."""
    return lambda value: (
        isinstance(value, dict) and value.keys() == fields.keys() and all(fields[k](v) for k, v in value.items())
    )


HOLDER = record(client_id=is_text, name=is_text)
CHANNEL = record(
    id=is_text,
    label=is_text,
    tag=is_text,
    endpoint_id=is_count,
    group=is_text,
    device_type=maybe(one_of("motor", "servo", "valve", "temperature_sensor")),
    min=is_number,
    max=is_number,
    step=is_number,
    unit=is_text,
    type=one_of("slider", "toggle"),
    value=maybe(is_fraction),
    enabled=is_flag,
)

#: Fields by frame type, without `type` and the envelope.
FIELDS: dict[str, dict[str, Check]] = {
    "temperature": {
        "timestamp_ms": is_count,
        "et": maybe(is_number),
        "bt": maybe(is_number),
        "et_ror": maybe(is_number),
        "bt_ror": maybe(is_number),
        "extra_channels": map_of(maybe(is_number)),
        "controls": map_of(is_fraction),
        "quality": map_of(one_of("stale", "lost")),
    },
    "event": {
        "event_type": one_of(*EVENT_TYPES),
        "timestamp_ms": is_count,
        "auto_detected": is_flag,
        "provisional": is_flag,
        "bt_at_event": maybe(is_number),
        "et_at_event": maybe(is_number),
    },
    "event_removed": {"event_type": one_of(*EVENT_TYPES)},
    "state": {
        "state": one_of(*STATES),
        "previous_state": one_of(*STATES),
        "started_at": maybe(is_time),
        "elapsed_ms": is_count,
        "previous_session_id": maybe(is_session_id),
    },
    "alarm": {
        "alarm_id": is_text,
        "message": is_text,
        "severity": one_of("info", "warning", "critical"),
        "timestamp_ms": is_count,
        "bt": maybe(is_number),
        "et": maybe(is_number),
        "occurrence": is_count,
        "latched": is_flag,
        "alarm_state": one_of(*ALARM_STATES),
        "raised_at": maybe(is_time),
        "acked_by": maybe(is_text),
        "count": is_count,
        "first_cause": maybe(is_text),
        "shelved_until": maybe(is_time),
    },
    "replay": {
        "timestamp_ms": is_count,
        "et": maybe(is_number),
        "bt": maybe(is_number),
        "et_ror": maybe(is_number),
        "bt_ror": maybe(is_number),
        "controls": map_of(is_fraction),
        "progress_pct": lambda value: is_number(value) and 0 <= value <= 100,
        "total_duration_ms": is_count,
    },
    "replay_status": {
        "profile_id": is_session_id,
        "state": one_of(*REPLAY_STATES),
        "speed": is_number,
        "position_ms": is_count,
        "total_duration_ms": is_count,
        "by": is_text,
    },
    "control_ack": {
        "channel": is_text,
        "value": is_fraction,
        "applied": is_flag,
        "message": is_text,
        "command_id": is_count,
        "by": is_text,
        "readback": maybe(is_fraction),
        "latency_ms": is_number,
    },
    "error": {
        "code": one_of(*ERROR_CODES),
        "message": is_text,
        "recoverable": is_flag,
    },
    "connection": {
        "driver_state": one_of(*DRIVER_STATES),
        "driver_name": is_text,
        "message": is_text,
        "retry_in_ms": maybe(is_count),
        "restarts": is_count,
    },
    "controls": {"channels": list_of(CHANNEL)},
    "control_lease": {"holder": maybe(HOLDER), "yours": is_flag, "expires_in_ms": maybe(is_count)},
    "control_request": {"from": HOLDER, "expires_in_ms": is_count},
    "sync_complete": {
        "from_ms": is_count,
        "last_timestamp_ms": is_count,
        "count": is_count,
        "truncated": is_flag,
    },
    "safety": {
        "latched": is_flag,
        "reason": maybe(one_of(*SAFETY_REASONS)),
        "since": maybe(is_time),
        "channels": list_of(is_text),
    },
    "heartbeat": {"elapsed_ms": is_count},
}

#: What an acknowledgement can only say of an order that was tried.
ONLY_WHEN_TRIED = {"command_id", "by", "latency_ms"}
#: Only where the channel has a register to read back from.
ONLY_WHERE_IT_EXISTS = {"readback"}
#: Frames that may answer one client only; these need not name the session.
ANSWERS = ("error", "heartbeat", "sync_complete", "control_request", "control_ack")

ENVELOPE: dict[str, Check] = {"machine_id": is_slug, "session_id": maybe(is_session_id)}
LIVE: dict[str, Check] = {"seq": is_count, "prev_seq": maybe(is_count)}
GREETING = ("connection", "state", "controls", "safety", "control_lease")


def faults_of(data: dict[str, Any]) -> list[str]:
    """Everything in which a frame differs from its documentation; empty when nothing does."""
    kind = data.get("type")
    if kind not in FIELDS:
        return [f"the frame type {kind!r} is documented nowhere"]
    fields = FIELDS[kind]
    refusal = kind == "control_ack" and not data.get("applied")
    optional = {"request_id", *LIVE} | ONLY_WHERE_IT_EXISTS | (ONLY_WHEN_TRIED if refusal else set())
    if kind in ANSWERS and "seq" not in data:
        optional |= ENVELOPE.keys()
    known = {**fields, **ENVELOPE, **LIVE, "request_id": is_text}
    faults = [f"{kind} lacks `{name}`" for name in {**fields, **ENVELOPE} if name not in data and name not in optional]
    if ("seq" in data) != ("prev_seq" in data):
        faults.append(f"{kind} has only one of `seq` and `prev_seq`")
    for name, value in data.items():
        if name == "type":
            continue
        if name not in known:
            faults.append(f"{kind} has `{name}`, which is documented nowhere")
        elif not _holds(known[name], value):
            faults.append(f"{kind}.{name} is {value!r}")
    if kind == "error" and data.get("recoverable") != ERROR_CODES.get(data.get("code", "")):
        faults.append(f"error {data.get('code')} has the wrong `recoverable`")
    return faults


def assert_documented(frames: list[Frame]) -> None:
    """Every frame is as documented; all differences are told at once, each once."""
    found: dict[str, dict[str, Any]] = {}
    for frame in frames:
        for fault in faults_of(frame.data):
            found.setdefault(fault, frame.data)
    assert not found, "\n".join(f"{fault}   in {data}" for fault, data in found.items())


def assert_unbroken(frames: list[Frame]) -> None:
    """Live frames follow each other: `seq` rises, and each names the one before it."""
    live = [frame for frame in frames if frame.seq is not None]
    for before, after in zip(live, live[1:], strict=False):
        assert after.seq > before.seq, f"seq goes back from {before.data} to {after.data}"
        assert after["prev_seq"] == before.seq, f"something is missing between {before.data} and {after.data}"


def _holds(check: Check, value: Any) -> bool:
    try:
        return bool(check(value))
    except (TypeError, ValueError):
        return False
