"""What every route has in common: methods, slashes, media types, limits; and the routes about the daemon itself."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from hearth_daemon import HearthDaemon
from machines import simulated
from rest_helpers import add_profile, expect_problem, profile_document
from waiting import wait_until


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    machines = [simulated("m1", autoconnect=False)]
    with HearthDaemon(tmp_path_factory.mktemp("rest-manners"), machines=machines) as daemon:
        wait_until(lambda: daemon.rest.get("/readyz").status_code == 200, "readiness")
        yield daemon.rest


@pytest.fixture(scope="module")
def profile(rest: httpx.Client) -> str:
    return add_profile(rest, profile_document())


READABLE = [
    "/api/machines",
    "/api/machines/m1",
    "/api/machines/m1/session",
    "/api/machines/m1/health",
    "/api/machines/m1/alarms",
    "/api/profiles",
    "/api/profiles/{profile}",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/openapi.json",
]

WRONG_METHOD = [
    ("/api/machines", "DELETE", {"GET", "POST"}),
    ("/api/machines/m1", "PATCH", {"GET", "PUT", "DELETE"}),
    ("/api/machines/m1/connect", "GET", {"POST"}),
    ("/api/machines/m1/disconnect", "DELETE", {"POST"}),
    ("/api/machines/m1/restart", "GET", {"POST"}),
    ("/api/machines/m1/session", "PUT", {"GET", "POST"}),
    ("/api/machines/m1/controls/burner", "GET", {"POST"}),
    ("/api/machines/m1/health", "POST", {"GET"}),
    ("/api/machines/m1/alarms", "POST", {"GET"}),
    ("/api/machines/m1/alarms/x/ack", "GET", {"POST"}),
    ("/api/machines/m1/stop", "GET", {"POST"}),
    ("/api/machines/m1/rearm", "GET", {"POST"}),
    ("/api/stop", "GET", {"POST"}),
    ("/api/profiles", "DELETE", {"GET", "POST"}),
    ("/api/profiles/{profile}", "POST", {"GET", "PATCH", "DELETE"}),
    ("/api/profiles/{profile}/export", "POST", {"GET"}),
    ("/api/profiles/import", "PUT", {"POST"}),
    ("/healthz", "POST", {"GET"}),
    ("/readyz", "DELETE", {"GET"}),
    ("/health", "POST", {"GET"}),
    ("/metrics", "POST", {"GET"}),
    ("/api/openapi.json", "POST", {"GET"}),
]

JSON_ROUTES = [
    ("POST", "/api/machines"),
    ("PUT", "/api/machines/m1"),
    ("POST", "/api/machines/m1/session"),
    ("POST", "/api/machines/m1/controls/burner"),
    ("POST", "/api/profiles"),
    ("PATCH", "/api/profiles/{profile}"),
]


@pytest.mark.parametrize("path", READABLE)
def test_a_trailing_slash_gets_the_same_answer_without_redirect(rest: httpx.Client, profile: str, path: str) -> None:
    path = path.format(profile=profile)
    plain, slashed = rest.get(path), rest.get(f"{path}/")
    assert (plain.status_code, slashed.status_code) == (200, 200), (plain.text, slashed.text)
    assert plain.headers["content-type"] == slashed.headers["content-type"]
    if path not in ("/metrics", "/readyz"):
        assert plain.text == slashed.text


@pytest.mark.parametrize(("path", "method", "allowed"), WRONG_METHOD)
def test_a_wrong_method_is_405_and_says_which_are_right(
    rest: httpx.Client, profile: str, path: str, method: str, allowed: set[str]
) -> None:
    answer = rest.request(method, path.format(profile=profile))
    expect_problem(answer, 405)
    listed = {name.strip() for name in answer.headers["Allow"].split(",")} - {"HEAD", "OPTIONS"}
    assert listed == allowed


@pytest.mark.parametrize(
    "path", ["/api", "/api/unheard-of", "/api/machines/m1/unheard-of", "/api/profiles/x/y/z", "/ws/dead", "/ws/dead/m1"]
)
def test_an_unknown_path_is_404_as_a_problem(rest: httpx.Client, path: str) -> None:
    expect_problem(rest.get(path), 404)


@pytest.mark.parametrize(("method", "path"), JSON_ROUTES)
def test_a_body_that_is_not_json_is_400(rest: httpx.Client, profile: str, method: str, path: str) -> None:
    for body in (b"{", b"{} {}", b"\xff\xfe", b"{'a': 1}", b'{"value": NaN}'):
        answer = rest.request(
            method, path.format(profile=profile), content=body, headers={"content-type": "application/json"}
        )
        expect_problem(answer, 400)


@pytest.mark.parametrize(("method", "path"), JSON_ROUTES)
def test_a_body_of_another_kind_is_415(rest: httpx.Client, profile: str, method: str, path: str) -> None:
    answer = rest.request(method, path.format(profile=profile), content=b"<a/>", headers={"content-type": "text/xml"})
    expect_problem(answer, 415)


@pytest.mark.parametrize(("method", "path"), JSON_ROUTES)
def test_a_body_over_the_limit_is_413(rest: httpx.Client, profile: str, method: str, path: str) -> None:
    # A whole profile may be as large as a file to import.
    mebibytes = 16 if path == "/api/profiles" else 1
    body = b'{"notes": "' + b"x" * (mebibytes * 1024 * 1024) + b'"}'
    answer = rest.request(
        method, path.format(profile=profile), content=body, headers={"content-type": "application/json"}
    )
    expect_problem(answer, 413)


def test_a_body_nested_too_deeply_is_refused_and_nothing_stops(rest: httpx.Client) -> None:
    body = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
    answer = rest.post("/api/machines", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert rest.get("/healthz").status_code == 200


def test_the_daemon_says_that_it_lives_and_is_ready(rest: httpx.Client) -> None:
    assert rest.get("/healthz").status_code == 200
    assert rest.get("/readyz").status_code == 200
    health = rest.get("/health").json()
    assert health["status"] == "ok"
    assert health["version"]
    assert health["uptime_seconds"] >= 0


def test_metrics_are_prometheus_text(rest: httpx.Client) -> None:
    answer = rest.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    samples = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    assert samples
    for line in samples:
        name, value = line.rsplit(" ", 1)
        assert name.startswith("hearth_") or name.startswith("process_"), line
        float(value)
    assert any('machine="m1"' in line for line in samples)
    assert any(line.startswith("hearth_storage_free_bytes ") for line in samples)


def test_the_openapi_document_knows_every_route_and_method(rest: httpx.Client) -> None:
    document = rest.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")

    def shape(path: str) -> str:
        parts = path.replace("{profile}", "{id}").split("/")
        known = {"m1": "{}", "x": "{}", "burner": "{}"}
        return "/".join("{}" if part.startswith("{") else known.get(part, part) for part in parts)

    described = {shape(path): {m.upper() for m in operations} for path, operations in document["paths"].items()}
    for path, _, allowed in WRONG_METHOD:
        methods = described.get(shape(path), set())
        assert allowed <= methods, f"{path}: {allowed - methods} undocumented"


def test_the_docs_need_nothing_from_outside(rest: httpx.Client) -> None:
    answer = rest.get("/api/docs", follow_redirects=True)
    assert answer.status_code == 200
    assert "text/html" in answer.headers["content-type"]
    for outside in ('src="http', "src='http", 'href="http', "@import", 'src="//'):
        assert outside not in answer.text


def test_the_front_page_is_html(rest: httpx.Client) -> None:
    answer = rest.get("/", follow_redirects=True)
    assert answer.status_code == 200
    assert "text/html" in answer.headers["content-type"]
