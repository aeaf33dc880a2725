"""What nobody sends by mistake: paths that lead elsewhere, ids that are far too long, JSON without a bottom. For every operation
that the description names, each is refused and nothing outside the data directory changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from hearth_daemon import HearthDaemon
from machines import simulated

ELSEWHERE = [
    "../../outside",
    "../../outside/kept.json",
    "..",
    ".",
    "../../../../../../../../etc/passwd",
    "/etc/passwd",
    "..\\..\\outside",
    "machine-a/../../outside",
    "outside\0.json",
    "%2e%2e%2foutside",
    "~root",
    "x" * 4000,
    "9" * 400,
    "-1",
    str(1 << 64),
    "é",
    "\u202e",
    "'; DROP TABLE",
    "${jndi:x}",
    "NaN",
]
#: Bytes that are no UTF-8, and slashes that hide behind one encoding.
RAW = ["%ff%fe", "%c0%ae%c0%ae%c0%afoutside", "..%2f..%2foutside%2fkept.json", "%2e%2e/%2e%2e/outside"]

BODIES = {
    "arrays without a bottom": b"[" * 100_000,
    "objects without a bottom": b'{"a":' * 100_000,
    "a closed tower": b"[" * 2000 + b"]" * 2000,
    "a tower in a field": b'{"id":"a","name":' + b"[" * 500 + b"]" * 500 + b"}",
    "a number without an end": b'{"id":' + b"9" * 50_000 + b"}",
    "a number too large": b'{"value":1e999999,"id":1e400}',
    "half a character": b'{"id":"\xff"}',
    "half a surrogate": b'{"id":"\\ud800"}',
    "a NUL": b'{"id":"\\u0000","name":"\\u0000"}',
    "one key many times": b"{" + b",".join([b'"id":"a"'] * 5000) + b"}",
    "many keys": b"{" + b",".join(b'"k%d":1' % n for n in range(20_000)) + b"}",
    "nothing": b"",
}
#: A stream without an end, and sockets.
LEFT_OUT = ("streamEvents",)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HearthDaemon]:
    """A daemon with something beside its data that it must leave alone."""
    home = tmp_path_factory.mktemp("hostile")
    (home / "outside").mkdir()
    for name in ("kept.json", "kept.hjr", "outside.json"):
        (home / "outside" / name).write_text('{"secret": "never told"}')
    with HearthDaemon(home / "hearth", machines=[simulated()]) as hearth:
        yield hearth


def operations(hearth: HearthDaemon) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of all operations that are plain requests."""
    for path, item in hearth.rest.get("/api/openapi.json").json()["paths"].items():
        for method, operation in item.items():
            if not path.startswith("/ws") and operation["operationId"] not in LEFT_OUT:
                yield method.upper(), path, operation


def surroundings(hearth: HearthDaemon) -> dict[str, str]:
    """Every file near the data directory, but not in it."""
    files = (path for path in hearth.home.parent.rglob("*") if path.is_file() and hearth.home not in path.parents)
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def assert_refused(answer: httpx.Response, what: str) -> None:
    """It is the client's fault, or it was harmless; the daemon is well."""
    assert answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:300]}"
    assert "never told" not in answer.text, what
    assert "root:" not in answer.text, what


def test_no_parameter_of_a_path_leads_out_of_the_house(house: HearthDaemon) -> None:
    before, asked = surroundings(house), 0
    for method, path, operation in operations(house):
        named = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
        for name in named:
            for hostile in [*(quote(value, safe="") for value in ELSEWHERE), *RAW]:
                place = path.replace(f"{{{name}}}", hostile)
                for other in named:
                    place = place.replace(f"{{{other}}}", "machine-a")
                body = {"json": {}} if "requestBody" in operation else {}
                answer = house.rest.send(house.rest.build_request(method, f"{house.url}{place}", **body))
                assert_refused(answer, f"{method} {place[:200]}")
                asked += 1
    assert asked > 700
    assert surroundings(house) == before
    assert house.running


@pytest.mark.parametrize("what", BODIES)
def test_no_body_is_too_strange(house: HearthDaemon, what: str) -> None:
    asked = 0
    for method, path, operation in operations(house):
        if "requestBody" in operation:
            place = path
            for each in operation.get("parameters", []):
                place = place.replace(f"{{{each['name']}}}", "machine-a")
            headers = {"Content-Type": "application/json"}
            answer = house.rest.request(method, place, content=BODIES[what], headers=headers)
            assert_refused(answer, f"{method} {place}: {what}")
            asked += 1
    assert asked > 15
    assert house.running
    assert house.rest.get("/healthz").status_code == 200


def test_a_query_may_be_anything(house: HearthDaemon) -> None:
    for method, path, operation in operations(house):
        queries = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
        for name in queries if method == "GET" else []:
            place = path
            for each in operation["parameters"]:
                place = place.replace(f"{{{each['name']}}}", "machine-a")
            for value in [*(quote(value, safe="") for value in ELSEWHERE), *RAW]:
                assert_refused(house.rest.get(f"{place}?{name}={value}"), f"{place}?{name}={value[:60]}")


def test_the_data_directory_is_not_served(house: HearthDaemon) -> None:
    for place in ["/../outside/kept.json", "/%2e%2e/hearth.toml", "/assets/../../hearth.toml", "/..%2fhearth.toml", "//etc/passwd"]:
        answer = house.rest.send(house.rest.build_request("GET", httpx.URL(house.url).copy_with(raw_path=place.encode())))
        assert_refused(answer, place)
        assert "[storage]" not in answer.text, place


def test_nothing_is_kept_under_a_name_that_is_none(house: HearthDaemon) -> None:
    kept = {path.name for path in Path(house.data).rglob("*")}
    assert not [name for name in kept if "outside" in name or name.startswith("~") or len(name) > 200]
