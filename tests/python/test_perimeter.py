"""The perimeter: by which names and from which pages the daemon is asked, who may speak for others, and what it writes down."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from conftest import StartHearth
from hearth_daemon import HearthDaemon, run_hearth
from machines import simulated
from raw_http import Answer, ask, shake_hands
from waiting import wait_until

PASSWORD = "first crack"
APP = "http://app.example:5173"

#: Names that a page can bend to this computer, and others that it is not known by.
FOREIGN_HOSTS = [
    *("evil.example", "evil.example:80", "EVIL.example", "localhost.evil.example", "127.0.0.1.evil.example"),
    *("127.0.0.1.nip.io", "7f000001.rbndr.us", "make-127-0-0-1-rr.1u.ms", "localtest.me", "lvh.me", "vcap.me"),
    *("roastery.example.evil.example", "evilroastery.example", "sub.roastery.example", "roastery.example.", "roastery"),
    *("127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.1", "0", "0.0.0.0"),
    *("[::]", "[::2]", "[fe80::1]", "[fe80::1%25lo]", "[::1", "::1", "[::1]x", "[::1]:", "[::1]:x", "[[::1]]"),
    *("192.168.1.5", "10.0.0.1", "169.254.169.254", "255.255.255.255", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1"),
    *("127.0.0.1:80:80", "127.0.0.1:8 0", "127.0.0.1,evil.example", "127.0.0.1 evil.example", "evil@127.0.0.1"),
    *("127.0.0.1@evil.example", "127.0.0.1/evil", "127.0.0.1#evil", "127.0.0.1?evil", "127.0.0.1\\evil", "http://127.0.0.1"),
    *("localhost.", "localhost..", ".localhost", "localhost%00", "localhost%2eevil", "loc\xa0alhost", "l\xf6calhost"),
    *("xn--lcalhost-d4a", "localhost.localdomain", "ip6-localhost", "broadcasthost", "host.docker.internal", "kubernetes"),
    *("localhost:8080.evil.example", "evil.example\tlocalhost", "localhost;evil.example", "localhost:http", "localhost:08080x"),
    *("attacker-localhost", "localhost-attacker", "localhost_", "1.0.0.127", "127.0.0.1.", "[127.0.0.1]", "[::ffff:10.0.0.1]"),
    *("-", "_", "*", "null", "undefined", "'", '"', "<script>", "${jndi:ldap://x}", "a" * 300, "a." * 200),
]

#: Pages that are not the daemon's own. `{port}` is the port that it listens on.
FOREIGN_ORIGINS = [
    *("null", "NULL", "undefined", "*", "''", "http://", "https://", "://", "//localhost", "localhost", "localhost:{port}"),
    *("http://evil.example", "https://evil.example", "http://evil.example:{port}", "http://localhost.evil.example:{port}"),
    *("http://127.0.0.1.evil.example:{port}", "http://localhost:{port}.evil.example", "http://localhost:{port}@evil.example"),
    *("http://evil.example/http://localhost:{port}", "http://evil.example#localhost:{port}", "http://localhost:{port}/"),
    *("http://localhost:{port}/x", "http://localhost:{port}?x", "http://localhost:{port}#x", "http://localhost", "http://127.0.0.1"),
    *("http://localhost:1", "http://localhost:5173", "http://localhost:0{port}x", "https://localhost:{port}", "https://127.0.0.1:{port}"),
    *("ws://localhost:{port}", "wss://localhost:{port}", "ftp://localhost:{port}", "file://", "file:///", "data:", "about:blank"),
    *("chrome-extension://abcdef", "moz-extension://abcdef", "app://localhost:{port}", "HTTP://localhost:{port}"),
    *(" http://evil.example", "http://localhost:{port} http://evil.example", "http://localhost:{port},http://evil.example"),
    *("http://local host:{port}", "http://localhost\\:{port}", "http://user@localhost:{port}", "http://user:x@localhost:{port}"),
    *("http://127.1:{port}", "http://2130706433:{port}", "http://0x7f.1:{port}", "http://0.0.0.0:{port}", "http://[::]:{port}"),
    *("http://[::1%25lo]:{port}", "http://[::1:{port}", "http://localhost.:{port}", "http://.localhost:{port}"),
    *("http://192.168.1.5:{port}", "http://10.0.0.1:{port}", "http://roastery.example", "https://roastery.example:8443"),
    *("https://roastery.example.evil.example", "https://evilroastery.example", "https://sub.roastery.example"),
    *("https://roastery.example.", "https://roastery.example/", "https://roastery.example:443443", "https://ROASTERY.example.x"),
    *(APP, "https://app.example:5173", "http://app.example", "http://app.example:51730", "http://\xe4pp.example:5173"),
    *("<script>", "${{jndi:ldap://x}}", "h" * 8_000, "http://localhost:{port};http://evil.example", "http://localhost:+{port}"),
    *("http:localhost:{port}", "http:/localhost:{port}", "http:///localhost:{port}", "javascript:alert(1)", "blob:http://localhost:{port}"),
]

#: What somebody in between may say, and somebody who only says to be one.
FORWARDED = [
    [("X-Forwarded-For", "127.0.0.1")],
    [("X-Forwarded-For", "::1")],
    [("X-Forwarded-For", "localhost")],
    [("X-Forwarded-For", "127.0.0.1, 127.0.0.1")],
    [("X-Forwarded-For", ", ,")],
    [("X-Forwarded-For", "")],
    [("X-Forwarded-For", "127.0.0.1:99999")],
    [("X-Forwarded-For", "unknown")],
    [("X-Forwarded-For", "\xff")],
    [("X-Forwarded-For", "1" * 8_000)],
    [("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-For", "127.0.0.1")],
    [("X-Forwarded-Host", "localhost")],
    [("X-Forwarded-Host", "roastery.example")],
    [("X-Forwarded-Proto", "https")],
    [("X-Forwarded-Port", "443")],
    [("X-Forwarded-Server", "localhost")],
    [("X-Forwarded-Prefix", "/admin")],
    [("X-Forwarded-User", "admin")],
    [("X-Forwarded-Anything", "x")],
    [("x-forwarded-for", "127.0.0.1")],
    [("Forwarded", "for=127.0.0.1")],
    [("Forwarded", 'for="[::1]:1"')],
    [("Forwarded", "for=127.0.0.1;host=localhost;proto=https")],
    [("Forwarded", "for=_hidden, for=127.0.0.1")],
    [("Forwarded", 'for="127.0.0.1')],
    [("Forwarded", ";;;")],
    [("Forwarded", "")],
    [("Forwarded", "host=localhost")],
    [("Forwarded", "by=127.0.0.1;for=unknown")],
    [("X-Real-IP", "127.0.0.1")],
    [("CF-Connecting-IP", "127.0.0.1")],
    [("True-Client-IP", "")],
    [("X-Forwarded-Ssl", "on")],
    [("X-Forwarded-Scheme", "https")],
    [("Via", "1.1 localhost")],
    [("Via", "")],
]

#: How often each daemon was looked at.
checks: dict[str, int] = {}

#: How a request is made that changes something, and a socket.
DEEDS = [("POST", "/api/stop"), ("POST", "/api/machines/machine-a/stop"), ("GET", "/api/machines")]


@pytest.fixture(scope="module")
def hearth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HearthDaemon]:
    """A daemon at this computer, where nobody logs in: whoever got past the perimeter would be the admin."""
    settings = {
        "server": {"public_urls": ["https://roastery.example"]},
        "dialects": {"webmacs": {"allowed_origins": [APP]}},
    }
    with HearthDaemon(tmp_path_factory.mktemp("hearth"), machines=[simulated()], settings=settings) as daemon:
        yield daemon


def port(hearth: HearthDaemon) -> str:
    return hearth.url.rsplit(":", 1)[1]


def nothing_came_through(hearth: HearthDaemon) -> bool:
    """Of all that was written down, only these checks' own STOPs were done. They stand behind whatever came before them."""
    hearth.rest.post("/api/stop").raise_for_status()
    own = checks[hearth.url] = checks.get(hearth.url, 0) + 1

    def done() -> int:
        deeds = hearth.rest.get("/api/audit", params={"limit": 1000}).json()
        return sum(deed["result"] == "done" for deed in deeds)

    return wait_until(lambda: done() >= own and done(), "the own STOP to be written down") == own


def test_there_are_two_hundred_of_them() -> None:
    tables = [FOREIGN_HOSTS, FOREIGN_ORIGINS, [str(lines) for lines in FORWARDED]]
    assert sum(len(set(table)) for table in tables) >= 200
    assert all(len(set(table)) == len(table) for table in tables)


@pytest.mark.parametrize("host", FOREIGN_HOSTS, ids=lambda host: ascii(host)[:40])
def test_a_name_that_is_not_its_own_gets_nowhere(hearth: HearthDaemon, host: str) -> None:
    for method, path in DEEDS:
        answer = ask(hearth.url, method, path, [("Host", host)])
        assert answer.status in (400, 421), answer.head
    assert shake_hands(hearth.url, "/ws/live/machine-a", [("Host", host)]).status in (400, 421)


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS, ids=lambda origin: ascii(origin)[:40])
def test_a_page_that_is_not_its_own_gets_nowhere(hearth: HearthDaemon, origin: str) -> None:
    origin = origin.format(port=port(hearth))
    lines = [("Host", f"localhost:{port(hearth)}"), ("Origin", origin)]
    for method, path in [*DEEDS, ("OPTIONS", "/api/stop")]:
        answer = ask(hearth.url, method, path, lines)
        assert answer.status in (400, 403), answer.head
        assert answer.header("Access-Control-Allow-Origin") is None
    assert shake_hands(hearth.url, "/ws/live/machine-a", lines).status in (400, 403)


@pytest.mark.parametrize("lines", FORWARDED, ids=lambda lines: ascii(lines)[:60])
def test_nobody_who_came_through_somebody_is_at_this_computer(hearth: HearthDaemon, lines: list[tuple[str, str]]) -> None:
    lines = [("Host", "localhost"), *lines]
    assert ask(hearth.url, "POST", "/api/stop", lines).status == 401
    me = ask(hearth.url, "GET", "/api/auth/me", lines)
    assert me.status in (200, 401) and '"access":"none"' in me.body, me


def test_nothing_of_all_that_did_anything(hearth: HearthDaemon) -> None:
    assert nothing_came_through(hearth)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "roastery.example", "Roastery.Example:443", "127.9.9.9:1"])
def test_by_its_own_names_it_answers(hearth: HearthDaemon, host: str) -> None:
    assert ask(hearth.url, "GET", "/healthz", [("Host", host)]).status == 200


def test_the_pages_of_its_own_names_may_ask(hearth: HearthDaemon) -> None:
    here = f"localhost:{port(hearth)}"
    for origin in (f"http://{here}", f"http://127.0.0.1:{port(hearth)}", f"http://[::1]:{port(hearth)}", "https://roastery.example"):
        lines = [("Host", here), ("Origin", origin)]
        assert ask(hearth.url, "GET", "/api/machines", lines).status == 200, origin
        assert shake_hands(hearth.url, "/ws/live/machine-a", lines).status == 101, origin


def test_a_host_is_named_once_and_in_one_way(hearth: HearthDaemon) -> None:
    for lines in ([], [("Host", "localhost"), ("Host", "evil.example")], [("Host", "localhost"), ("Host", "localhost")]):
        assert ask(hearth.url, "POST", "/api/stop", lines).status == 400
    assert ask(hearth.url, "POST", "http://evil.example/api/stop", [("Host", "localhost")]).status == 421


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
@pytest.mark.parametrize("path", ["/api/stop", "/api/machines", "/api/v1/auth/login", "/api/os/command", "/latest/tasks/scan"])
def test_a_form_of_another_page_is_refused(hearth: HearthDaemon, kind: str, path: str) -> None:
    for origin in ("null", "http://evil.example"):
        lines = [("Host", "localhost"), ("Origin", origin), ("Content-Type", kind), ("Cookie", "hearth_session=x")]
        assert ask(hearth.url, "POST", path, lines, b'{"a":"=b"}').status == 403
    assert nothing_came_through(hearth)


def test_an_app_of_another_origin_is_let_in_where_it_is_allowed(hearth: HearthDaemon) -> None:
    lines = [("Host", "localhost"), ("Origin", APP)]
    wish = [*lines, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization")]
    preflight = ask(hearth.url, "OPTIONS", "/api/v1/datapoints", wish)
    assert (preflight.status, preflight.header("Access-Control-Allow-Origin")) == (204, APP)
    assert ask(hearth.url, "GET", "/api/v1/datapoints", lines).header("Access-Control-Allow-Origin") == APP
    assert shake_hands(hearth.url, "/ws/datapoints/stream", lines).status == 101
    assert shake_hands(hearth.url, "/ws/live/machine-a", lines).status == 403


def test_open_to_all_is_not_open_to_every_name(start_hearth: StartHearth) -> None:
    hearth = start_hearth(
        machines=[simulated()], settings={"auth": {"mode": "open"}}, environment={"HEARTH_SERVER__LISTEN": "0.0.0.0:0"}
    )
    assert ask(hearth.url, "POST", "/api/stop", [("Host", "evil.example")]).status == 421
    assert ask(hearth.url, "POST", "/api/stop", [("Host", "localhost"), ("Origin", "http://evil.example")]).status == 403
    assert nothing_came_through(hearth)
    assert ask(hearth.url, "GET", "/api/machines", [("Host", "127.0.0.1")]).status == 200


def test_a_proxy_speaks_for_others_only_if_it_is_trusted(start_hearth: StartHearth) -> None:
    guests = ["198.51.100.0/24", "127.0.0.1"]
    trusted = {"server": {"trusted_proxies": ["127.0.0.1"]}, "auth": {"guest_view_cidrs": guests}}
    hearth = start_hearth(machines=[simulated()], settings=trusted)

    def role(*lines: tuple[str, str], source: str = "127.0.0.1") -> Answer:
        return ask(hearth.url, "GET", "/api/machines", [("Host", "localhost"), *lines], source=source)

    guest = ("X-Forwarded-For", "198.51.100.7")
    assert role(guest).status == 200
    assert role(("Forwarded", "for=198.51.100.7")).status == 200
    assert role(guest, source="127.0.0.2").status == 401, "not the one that is trusted"
    assert role().status == 401
    assert role(("X-Forwarded-For", "127.0.0.1")).status == 200
    for unread in [("Forwarded", "for=_hidden"), ("X-Forwarded-For", "unix:"), ("X-Forwarded-For", "garbage, 127.0.0.1")]:
        assert role(unread).status == 401, "one who is not named is not the proxy itself"
    assert role(("X-Forwarded-For", "198.51.100.7, 203.0.113.1")).status == 401, "the client put it there"
    assert role(guest, ("Forwarded", "for=203.0.113.1")).status == 400, "one of them is the client's own"
    assert role(guest, ("X-Forwarded-Host", "evil.example")).status == 421


def test_no_secret_is_written_down(start_hearth: StartHearth) -> None:
    hearth = start_hearth(
        machines=[simulated()],
        settings={"server": {"trusted_proxies": ["192.0.2.1"]}},
        environment={"RUST_LOG": "debug,hearth=debug,actix_web=debug,actix_http=debug"},
    )
    made = run_hearth("token", "create", "--name", "t", "--role", "admin", "--config", hearth.config, cwd=hearth.home)
    token = made.stdout.split()[0]
    bearer = {"Authorization": f"Bearer {token}"}
    wait_until(lambda: hearth.rest.get("/api/machines", headers=bearer).status_code == 200, "the token to count")
    user = {"email": "anna@x.example", "role": "admin", "password": PASSWORD}
    assert hearth.rest.post("/api/users", json=user, headers=bearer).status_code in (200, 201)
    login = hearth.rest.post("/api/auth/login", json={"email": user["email"], "password": PASSWORD})
    cookie = login.headers["Set-Cookie"].split("=", 1)[1].split(";", 1)[0]
    guessed = "hth_guessed0123456789"
    host = ("Host", "localhost")
    for secret in (token, guessed, cookie):
        shake_hands(hearth.url, f"/ws/live/machine-a?token={secret}", [host])
        shake_hands(hearth.url, f"/ws/datapoints/stream?token={secret}", [host])
        shake_hands(hearth.url, f"/ws/live/nobody?token={secret}", [("Host", "evil.example")])
        ask(hearth.url, "POST", f"/api/stop?token={secret}", [host, ("Authorization", f"Bearer {secret}")])
        ask(hearth.url, "GET", f"/api/nothing?token={secret}", [host, ("Cookie", f"hearth_session={secret}")])
        ask(hearth.url, "GET", f"/%zz?token={secret}", [host])
    hearth.rest.post("/api/auth/login", json={"email": user["email"], "password": "not " + PASSWORD})
    hearth.terminate()
    kept = [path.read_text(errors="replace") for path in (hearth.data / "audit").rglob("*") if path.is_file()]
    written = "".join([hearth.logs(last=10**9), *kept])
    assert "anna@x.example" in written, "something was written"
    for secret in (token, guessed, cookie, PASSWORD):
        assert secret not in written, "a secret was written down"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*made, *named, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


def test_with_a_certificate_pages_and_sockets_are_encrypted(start_hearth: StartHearth, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    hearth = start_hearth(machines=[simulated()], arguments=["--tls-cert", str(cert), "--tls-key", str(key)])
    assert hearth.url.startswith("https://")
    context = ssl.create_default_context(cafile=str(cert))
    encrypted: dict[str, Any] = {"context": context}
    assert ask(hearth.url, "GET", "/healthz", [("Host", "localhost")], **encrypted).status == 200
    url = f"wss://localhost:{port(hearth)}/ws/live/machine-a"
    with connect(url, ssl=context, proxy=None, origin=f"https://localhost:{port(hearth)}") as socket:
        assert '"type"' in socket.recv(15)
    assert ask(hearth.url, "GET", "/healthz", [("Host", "localhost")]).status == 0, "nothing is said unencrypted"
    listen = {"HEARTH_SERVER__LISTEN": f"127.0.0.1:{port(hearth)}"}
    arguments = ("healthcheck", "--config", hearth.config, "--tls-cert", cert, "--tls-key", key)
    assert run_hearth(*arguments, cwd=hearth.home, environment=listen).returncode == 0


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    config = tmp_path / "hearth.toml"
    config.write_text(f"[storage]\npath = '{tmp_path / 'data'}'\n[server]\nlisten = '127.0.0.1:0'\n")

    def said(*arguments: str | Path) -> tuple[int, str]:
        answer = run_hearth("serve", "--unguarded", "--config", config, *arguments, cwd=tmp_path)
        return answer.returncode, answer.stderr

    code, words = said("--tls-cert", cert)
    assert code == 2 and "server.tls_key" in words
    code, words = said("--tls-cert", cert, "--tls-key", tmp_path / "nowhere.pem")
    assert code == 1 and "nowhere.pem" in words
    code, words = said("--tls-cert", key, "--tls-key", key)
    assert code == 1 and "key.pem holds no certificate" in words
