"""`/api/profiles`: keeping, listing, correcting, exchanging and deleting."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from frames import is_session_id, is_time
from hearth_daemon import HearthDaemon
from machines import simulated
from rest_helpers import Profile, add_profile, expect_problem, pointers, profile_document
from waiting import wait_until

UNKNOWN = "01920000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    machines = [simulated("m1", interval_ms=100)]
    with HearthDaemon(tmp_path_factory.mktemp("rest-profiles"), machines=machines) as daemon:
        yield daemon.rest


def record(rest: httpx.Client) -> str:
    """Records a moment on the machine; the session's id."""
    path = "/api/machines/m1/session"
    wait_until(lambda: rest.get(path).json()["driver_state"] == "connected", "a connection")
    for action in ("start_monitoring", "start_recording"):
        rest.post(path, json={"action": action}).raise_for_status()
    wait_until(
        lambda: len(rest.get(path, params={"include": "series"}).json()["series"]["timestamp_ms"]) > 3, "readings"
    )
    return rest.post(path, json={"action": "stop_recording"}).raise_for_status().json()["session_id"]


def everything(rest: httpx.Client, **query: object) -> list[Profile]:
    """All pages of a list."""
    items: list[Profile] = []
    cursor = None
    while True:
        page = rest.get("/api/profiles", params={**query, **({"cursor": cursor} if cursor else {})}).json()
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


# A finished session


def test_a_finished_recording_is_a_draft_until_it_is_saved(rest: httpx.Client) -> None:
    session = record(rest)
    assert rest.get(f"/api/profiles/{session}").json()["status"] == "draft"
    saved = rest.post("/api/profiles", json={"machine_id": "m1", "name": "Morning", "notes": "even", "bean": "Huila"})
    assert saved.status_code == 201
    assert saved.headers["Location"].endswith(f"/api/profiles/{session}")
    profile = rest.get(saved.headers["Location"]).json()
    kept = {name: profile[name] for name in ("id", "status", "name", "notes", "bean", "machine_id")}
    expected = {"id": session, "status": "saved", "name": "Morning", "notes": "even", "bean": "Huila"}
    assert kept == {**expected, "machine_id": "m1"}
    assert is_time(profile["created_at"])
    series = profile["series"]
    assert len({len(series[name]) for name in ("timestamp_ms", "bt", "et", "bt_ror", "et_ror")}) == 1
    assert all(len(column) == len(series["timestamp_ms"]) for column in series["extra_channels"].values())


def test_a_recording_that_is_reset_is_kept_as_a_draft(rest: httpx.Client) -> None:
    path = "/api/machines/m1/session"
    rest.post(path, json={"action": "start_monitoring"}).raise_for_status()
    session = rest.post(path, json={"action": "start_recording"}).json()["session_id"]
    assert rest.post(path, json={"action": "reset"}).json()["state"] == "idle"
    assert rest.get(f"/api/profiles/{session}").json()["status"] == "draft"
    assert rest.patch(f"/api/profiles/{session}", json={}).json()["status"] == "saved", "a person has seen to it"


def test_saving_without_a_finished_session_is_refused(rest: httpx.Client) -> None:
    rest.post("/api/machines/m1/session", json={"action": "reset"})
    expect_problem(rest.post("/api/profiles", json={"machine_id": "m1"}), 409)
    expect_problem(rest.post("/api/profiles", json={"machine_id": "nowhere"}), 404, "MACHINE_NOT_FOUND")
    expect_problem(rest.post("/api/profiles", json={}), 422)


def test_a_whole_document_can_be_posted(rest: httpx.Client) -> None:
    document = profile_document("Posted whole")
    answer = rest.post("/api/profiles", json=document)
    assert answer.status_code == 201, answer.text
    profile = rest.get(answer.headers["Location"]).json()
    assert profile["series"] == document["series"]
    assert profile["name"] == "Posted whole"


# One profile


def test_a_profile_is_corrected_and_its_figures_follow(rest: httpx.Client) -> None:
    path = f"/api/profiles/{add_profile(rest, profile_document())}"
    events = rest.get(path).json()["events"]
    moved = [{**event, "timestamp_ms": 500_000} if event["event_type"] == "FCs" else event for event in events]
    change = {"name": "Corrected", "notes": "FCs was late", "roasted_weight_g": 840.0, "events": moved}
    change |= {"rating": 0, "tags": ["anaerobic"], "batch": ""}
    answer = rest.patch(path, json=change)
    assert answer.status_code == 200, answer.text
    profile = rest.get(path).json()
    assert answer.json() == profile
    assert (profile["name"], profile["notes"]) == ("Corrected", "FCs was late")
    assert (profile["bean"], profile["operator"]) == ("Huila", "Ada"), "what was not named stays"
    assert profile["tags"] == ["anaerobic"]
    assert "rating" not in profile and "batch" not in profile, "what is empty is taken away"
    found = rest.get("/api/profiles", params={"q": "anaerobic"}).json()["items"]
    assert [item["id"] for item in found] == [profile["id"]]
    (crack,) = [event for event in profile["events"] if event["event_type"] == "FCs"]
    assert crack["timestamp_ms"] == 500_000
    drop = next(event["timestamp_ms"] for event in profile["events"] if event["event_type"] == "DROP")
    assert profile["statistics"]["development_ms"] == drop - 500_000
    assert profile["statistics"]["weight_loss_pct"] == pytest.approx(16.0)


def test_a_correction_with_faults_changes_nothing_and_names_them_all(rest: httpx.Client) -> None:
    path = f"/api/profiles/{add_profile(rest, profile_document())}"
    before = rest.get(path).json()
    events = [{"event_type": "LUNCH", "timestamp_ms": 1_000}, {"event_type": "FCs", "timestamp_ms": -4}]
    problem = expect_problem(rest.patch(path, json={"name": 5, "green_weight_g": "heavy", "events": events}), 422)
    found = pointers(problem)
    assert {"/name", "/green_weight_g"} <= found, found
    assert any(pointer.startswith("/events/0") for pointer in found), found
    assert any(pointer.startswith("/events/1") for pointer in found), found
    assert rest.get(path).json() == before


def test_a_deleted_profile_is_gone_from_everywhere(rest: httpx.Client) -> None:
    profile = add_profile(rest, profile_document("To be deleted"))
    assert rest.delete(f"/api/profiles/{profile}").status_code == 204
    for method in ("GET", "DELETE"):
        expect_problem(rest.request(method, f"/api/profiles/{profile}"), 404, "PROFILE_NOT_FOUND")
    assert profile not in [item["id"] for item in everything(rest)]


@pytest.mark.parametrize("name", [UNKNOWN, "not-an-id", "..", "%00"])
def test_an_unknown_profile_is_404(rest: httpx.Client, name: str) -> None:
    expect_problem(rest.get(f"/api/profiles/{name}/export", params={"format": "json"}), 404)
    expect_problem(rest.patch(f"/api/profiles/{name}", json={"name": "x"}), 404)


# The list


def test_the_list_is_newest_first_and_pages_without_gap_or_repeat(rest: httpx.Client) -> None:
    made = [
        add_profile(rest, profile_document(f"Page {n}", machine_id="paging", created_at=f"2026-02-{n:02}T10:00:00Z"))
        for n in range(1, 24)
    ]
    pages = everything(rest, machine_id="paging", limit=5)
    assert [item["id"] for item in pages] == made[::-1]
    assert len(rest.get("/api/profiles", params={"machine_id": "paging", "limit": 5}).json()["items"]) == 5
    assert "series" not in pages[0]
    assert {"id", "name", "machine_id", "created_at", "duration_ms", "status", "statistics"} <= set(pages[0])


def test_the_list_can_be_searched(rest: httpx.Client) -> None:
    document = profile_document(
        "Kenya AA", notes="blackcurrant", machine_id="search", created_at="2025-12-24T18:00:00Z"
    )
    wanted = add_profile(rest, document)
    add_profile(rest, profile_document("Kenya peaberry", machine_id="search", created_at="2025-12-26T18:00:00Z"))

    def found(**query: object) -> list[str]:
        return [item["id"] for item in everything(rest, machine_id="search", **query)]

    assert found(q="kenya aa") == [wanted]
    assert found(q="BLACKCURRANT") == [wanted]
    assert found(q="kenya blackcurrant") == [wanted], "all words must occur"
    assert len(found(q="kenya")) == 2
    assert found(q="no such words") == []
    assert found(**{"from": "2025-12-24T00:00:00Z", "to": "2025-12-25T00:00:00Z"}) == [wanted]


@pytest.mark.parametrize(
    "query", [{"limit": "many"}, {"from": "yesterday"}, {"cursor": "garbage"}, {"machine_id": "A B"}]
)
def test_a_query_that_makes_no_sense_is_refused(rest: httpx.Client, query: dict[str, str]) -> None:
    answer = rest.get("/api/profiles", params=query)
    assert answer.status_code in (400, 422), answer.text
    expect_problem(answer, answer.status_code)


# Exchange


@pytest.mark.parametrize(("name", "tolerance"), [("json", 0.0), ("alog", 0.051), ("csv", 0.051)])
def test_what_is_exported_can_be_imported_again(rest: httpx.Client, name: str, tolerance: float) -> None:
    original = rest.get(f"/api/profiles/{add_profile(rest, profile_document('Round trip'))}").json()
    exported = rest.get(f"/api/profiles/{original['id']}/export", params={"format": name})
    assert exported.status_code == 200
    assert "attachment" in exported.headers["content-disposition"]
    assert f".{name}" in exported.headers["content-disposition"]
    for form in (name, "auto"):
        answer = rest.post("/api/profiles/import", params={"format": form}, content=exported.content)
        assert answer.status_code == 201, answer.text
        summary = answer.json()
        assert is_session_id(summary["id"])
        again = rest.get(f"/api/profiles/{summary['id']}").json()
        assert len(again["series"]["bt"]) == len(original["series"]["bt"])
        for column in ("timestamp_ms", "bt", "et"):
            limit = 1_000 if column == "timestamp_ms" else tolerance
            wanted, got = original["series"][column], again["series"][column]
            assert got == pytest.approx(wanted, abs=limit, rel=0), column
        marks = {event["event_type"]: event["timestamp_ms"] for event in original["events"]}
        back = {event["event_type"]: event["timestamp_ms"] for event in again["events"]}
        assert {kind: back[kind] for kind in marks} == pytest.approx(marks, abs=2_000, rel=0)


def test_artisan_files_are_read_as_python_literals_and_as_json(rest: httpx.Client) -> None:
    roast = {
        "version": "4.0.2",
        "mode": "F",
        "title": "Old friend",
        "timex": [0.0, 2.0, 4.0, 6.0, 8.0],
        "temp1": [400.0, 402.0, 404.0, -1, 408.0],
        "temp2": [392.0, 374.0, 356.0, 338.0, 347.0],
        "timeindex": [1, 0, 0, 0, 0, 0, 4, 0],
        "weight": [1000, 850, "g"],
        "roastisodate": "2025-01-02",
        "roasttime": "10:11:12",
        "extradevices": [],
    }
    for text in (repr(roast), json.dumps(roast)):
        answer = rest.post("/api/profiles/import", params={"format": "auto"}, content=text.encode())
        assert answer.status_code == 201, answer.text
        profile = rest.get(f"/api/profiles/{answer.json()['id']}").json()
        assert profile["name"] == "Old friend"
        assert profile["series"]["bt"] == pytest.approx([200, 190, 180, 170, 175], abs=0.01)
        assert profile["series"]["et"][3] is None, "-1 is a drop-out"
        marks = {event["event_type"]: event["timestamp_ms"] for event in profile["events"]}
        assert (marks["CHARGE"], marks["DROP"]) == (2_000, 8_000)
        assert profile["green_weight_g"] == 1000


def broken(**changes: object) -> Profile:
    document = profile_document("Broken")
    for path, value in changes.items():
        node = document
        *parents, last = path.split("__")
        for parent in parents:
            node = node[parent]
        node[last] = value
    return document


@pytest.mark.parametrize(
    ("pointer", "document"),
    [
        ("/series/timestamp_ms", broken(series__timestamp_ms=[0, 4_000, 2_000] + list(range(6_000, 602_000, 2_000)))),
        ("/series/bt", broken(series__bt=[1.0, 2.0])),
        ("/series/et", broken(series__et="warm")),
        ("/series/extra_channels/inlet", broken(series__extra_channels={"inlet": [1.0]})),
        ("/events/0", broken(events=[{"event_type": "LUNCH", "timestamp_ms": 2_000, "auto_detected": False}])),
        ("/created_at", broken(created_at="yesterday")),
        ("/controls/burner", broken(controls={"burner": [[0, 7.5]]})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_import_that_cannot_be_true_is_refused_with_its_place(
    rest: httpx.Client, pointer: str, document: Profile
) -> None:
    answer = rest.post("/api/profiles/import", params={"format": "json"}, json=document)
    problem = expect_problem(answer, 422)
    assert any(found.startswith(pointer) for found in pointers(problem)), problem


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe garbage",
        b"{'timex': [0.0, 1.0], 'temp1': [1.0], 'temp2': [1.0, 2.0]}",
        b"{'timex': [0.0, 2.0, 1.0], 'temp1': [1.0, 1.0, 1.0], 'temp2': [1.0, 2.0, 3.0], 'mode': 'C'}",
        b"__import__('os').system('true')",
        b"{'timex': [" + b"[" * 5_000 + b"]" * 5_000 + b"]}",
        b'{"series": {"timestamp_ms": [0], "bt": [NaN]}}',
        b"Date:01.01.2026\tUnit:C\nTime1\tTime2\tET\tBT\tEvent\n00:00\t\t100\t100\t\n00:05\t\tx\t100\t\n",
    ],
    ids=lambda content: repr(content[:30]),
)
def test_an_import_that_is_no_roast_is_refused(rest: httpx.Client, content: bytes) -> None:
    before = len(everything(rest))
    expect_problem(rest.post("/api/profiles/import", params={"format": "auto"}, content=content), 422)
    assert len(everything(rest)) == before


def test_an_import_over_16_mib_is_413(rest: httpx.Client) -> None:
    content = b"x" * (16 * 1024 * 1024 + 1)
    expect_problem(rest.post("/api/profiles/import", params={"format": "auto"}, content=content), 413)


def test_unknown_formats_are_refused(rest: httpx.Client) -> None:
    profile = add_profile(rest, profile_document())
    for answer in (
        rest.post("/api/profiles/import", params={"format": "docx"}, content=b"x"),
        rest.get(f"/api/profiles/{profile}/export", params={"format": "docx"}),
    ):
        assert answer.status_code in (400, 422), answer.text
        expect_problem(answer, answer.status_code)
