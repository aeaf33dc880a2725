"""What the REST suites share: problem documents, and profiles to add."""

from __future__ import annotations

import math
from typing import Any

import httpx

Profile = dict[str, Any]


def expect_problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """A refusal as RFC 9457 wants it, with the members that the contract adds."""
    assert answer.status_code == status, f"{answer.status_code} instead of {status}: {answer.text}"
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json", answer.headers
    problem = answer.json()
    assert problem["status"] == status
    for member in ("type", "title", "detail", "code"):
        assert isinstance(problem[member], str) and problem[member], (member, problem)
    assert isinstance(problem["recoverable"], bool)
    for error in problem.get("errors", []):
        assert isinstance(error["pointer"], str) and error["detail"], error
    if code is not None:
        assert problem["code"] == code, problem
    return problem


def pointers(problem: dict[str, Any]) -> set[str]:
    """Where a validation found faults."""
    return {error["pointer"] for error in problem["errors"]}


def profile_document(name: str = "A short roast", *, minutes: int = 10, **more: Any) -> Profile:
    """A whole profile as the contract documents it: a plausible curve, a reading every two seconds."""
    times = list(range(0, minutes * 60_000 + 1, 2_000))
    bt = [round(90 + 115 * t / times[-1] + 60 * math.exp(-t / 30_000), 1) for t in times]
    et = [round(200 + 20 * t / times[-1], 1) for t in times]
    third = times[len(times) // 3]
    events = [("CHARGE", 2_000), ("DRY_END", third), ("FCs", third * 2), ("DROP", times[-2])]
    return {
        "name": name,
        "machine_id": "imported",
        "machine_name": "Somebody's drum",
        "created_at": "2026-03-01T08:00:00Z",
        "duration_ms": times[-1],
        "status": "saved",
        "bean": "Huila",
        "green_weight_g": 1000.0,
        "roasted_weight_g": 850.0,
        "notes": "first of the day",
        "rating": 4,
        "tags": ["washed", "competition"],
        "operator": "Ada",
        "batch": "K12",
        "series": {
            "timestamp_ms": times,
            "bt": bt,
            "et": et,
            "bt_ror": [None] * 10 + [12.5] * (len(times) - 10),
            "et_ror": [None] * 10 + [2.0] * (len(times) - 10),
            "extra_channels": {"inlet": [300.0] * len(times)},
        },
        "controls": {"burner": [[0, 0.8], [third, 0.5]]},
        "events": [
            {
                "event_type": kind,
                "timestamp_ms": at,
                "auto_detected": kind == "CHARGE",
                "bt_at_event": bt[at // 2_000],
                "et_at_event": et[at // 2_000],
            }
            for kind, at in events
        ],
        "gaps": [],
        **more,
    }


def add_profile(rest: httpx.Client, document: Profile) -> str:
    """Adds a whole profile; its id."""
    answer = rest.post("/api/profiles", json=document)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].rsplit("/", 1)[1]
