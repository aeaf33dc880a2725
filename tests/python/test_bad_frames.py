"""What a client may send wrongly: each gets the documented answer, and nothing stops."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from frames import assert_documented
from hearth_daemon import HearthDaemon
from live_socket import LiveSocket
from machines import simulated

FRAME_LIMIT = 16_384

MALFORMED = [
    "",
    " ",
    "{",
    "hello",
    "[]",
    "null",
    "42",
    '"text"',
    "{}",
    '{"type":',
    '{"type":"command","action":"reset"',
    "{'type':'command'}",
    '{"type":"command","action":"reset"} trailing',
    "\u0000",
    "[" * 200 + "]" * 200,
    '{"type":"command","action":"sync","x":' + '{"a":' * 40 + "1" + "}" * 40 + "}",
]

WRONG = [
    {"type": None},
    {"type": 7},
    {"type": "unheard-of"},
    {"type": "temperature", "bt": 1},
    {"type": "command"},
    {"type": "command", "action": None},
    {"type": "command", "action": ["reset"]},
    {"type": "command", "action": "explode"},
    {"type": "command", "action": "mark_event"},
    {"type": "command", "action": "mark_event", "event_type": "LUNCH"},
    {"type": "command", "action": "mark_event", "event_type": 3},
    {"type": "command", "action": "mark_event", "event_type": "FCs", "timestamp_ms": -1},
    {"type": "command", "action": "mark_event", "event_type": "FCs", "timestamp_ms": "soon"},
    {"type": "command", "action": "unmark_event"},
    {"type": "command", "action": "sync", "last_timestamp_ms": "yesterday"},
    {"type": "command", "action": "sync", "last_timestamp_ms": -5},
    {"type": "command", "action": "sync", "last_timestamp_ms": 0, "session_id": 12},
    {"type": "command", "action": "ack_alarm"},
    {"type": "command", "action": "shelve_alarm", "alarm_id": "high_bt", "minutes": 61},
    {"type": "command", "action": "answer_control", "client_id": "me", "grant": "yes"},
    {"type": "control"},
    {"type": "control", "channel": "burner"},
    {"type": "control", "value": 0.5},
    {"type": "control", "channel": 5, "value": 0.5},
    {"type": "control", "channel": "burner", "value": None},
    {"type": "control", "channel": "burner", "value": "0.5"},
    {"type": "control", "channel": "burner", "value": True},
    {"type": "control", "channel": "burner", "value": [0.5]},
    {"type": "control", "channel": "burner", "value": 1.0001},
    {"type": "control", "channel": "burner", "value": -0.0001},
    {"type": "control", "channel": "burner", "value": 1e300},
    {"type": "replay_control"},
    {"type": "replay_control", "action": "start"},
    {"type": "replay_control", "action": "start", "profile_id": 1},
    {"type": "replay_control", "action": "start", "profile_id": "01920000-0000-7000-8000-000000000000", "speed": 0},
    {"type": "replay_control", "action": "start", "profile_id": "01920000-0000-7000-8000-000000000000", "speed": 101},
    {"type": "replay_control", "action": "seek"},
    {"type": "replay_control", "action": "seek", "timestamp_ms": -1},
    {"type": "replay_control", "action": "rewind"},
]

NOT_A_NUMBER = [
    '{"type":"control","channel":"burner","value":NaN}',
    '{"type":"control","channel":"burner","value":Infinity}',
    '{"type":"control","channel":"burner","value":-Infinity}',
    '{"type":"control","channel":"burner","value":1e999}',
]


@pytest.fixture(scope="module")
def hearth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HearthDaemon]:
    """A daemon that lets a tester send fast."""
    settings = {"limits": {"messages_per_s": 10_000, "message_burst": 10_000}}
    home = tmp_path_factory.mktemp("bad-frames")
    with HearthDaemon(home, machines=[simulated("m1", interval_ms=200)], settings=settings) as daemon:
        yield daemon


@pytest.fixture
def client(hearth: HearthDaemon) -> Iterator[LiveSocket]:
    socket = hearth.live("m1")
    socket.wait_for("control_lease")
    yield socket
    socket.abort()


@pytest.mark.parametrize("text", [*MALFORMED, *NOT_A_NUMBER], ids=lambda text: repr(text[:40]))
def test_malformed_text_is_answered_and_the_socket_stays(client: LiveSocket, text: str) -> None:
    mark = client.send_text(text)
    error = client.wait_for("error", since=mark)
    assert error["code"] == "INVALID_MESSAGE"
    assert error["message"].strip()
    client.assert_open()
    assert_documented(client.frames)


@pytest.mark.parametrize("message", WRONG, ids=lambda message: json.dumps(message)[:60])
def test_a_wrong_message_is_answered_and_the_socket_stays(client: LiveSocket, message: dict[str, object]) -> None:
    mark = client.send(**message, request_id="wrong")
    error = client.wait_for("error", since=mark, request_id="wrong")
    assert error["code"] == "INVALID_MESSAGE", error.data
    client.assert_open()
    moved = [ack for ack in client.of_type("control_ack", mark) if ack["applied"]]
    assert moved == [], "nothing wrong may reach the machine"
    assert_documented(client.frames)


def test_a_hundred_bad_messages_in_a_row_get_a_hundred_answers_in_order(client: LiveSocket) -> None:
    mark = client.here()
    for number in range(100):
        client.send(type="unheard-of", request_id=f"n{number}")
    client.wait_for("error", since=mark, request_id="n99")
    answers = [frame["request_id"] for frame in client.of_type("error", mark)]
    assert answers == [f"n{number}" for number in range(100)]


def test_unknown_fields_are_ignored(client: LiveSocket) -> None:
    mark = client.send(
        type="control", channel="airflow", value=0.25, request_id="extra", colour="blue", nested={"a": [1]}
    )
    assert client.wait_for("control_ack", since=mark, request_id="extra")["applied"] is True


def test_a_request_id_over_64_characters_is_refused(client: LiveSocket) -> None:
    mark = client.command("sync", last_timestamp_ms=0, request_id="x" * 65)
    assert client.wait_for("error", since=mark)["code"] == "INVALID_MESSAGE"
    mark = client.command("nothing", request_id="y" * 64)
    client.wait_for("error", since=mark, request_id="y" * 64)


def test_a_frame_at_the_limit_is_read_and_one_over_it_closes_with_1009(hearth: HearthDaemon) -> None:
    client = hearth.live("m1")
    shell = len(json.dumps({"type": "unheard-of", "pad": "", "request_id": "big"}))
    mark = client.send(type="unheard-of", pad="x" * (FRAME_LIMIT - shell), request_id="big")
    client.wait_for("error", since=mark, request_id="big")
    client.send(type="unheard-of", pad="x" * FRAME_LIMIT)
    assert client.wait_closed() == 1009


def test_a_message_in_fragments_is_put_together(client: LiveSocket) -> None:
    mark = client.here()
    client.send_fragments(['{"type":"unheard-of",', '"request_id":', '"pieces"}'])
    client.wait_for("error", since=mark, request_id="pieces")
    client.assert_open()


def test_fragments_over_the_limit_together_close_with_1009(hearth: HearthDaemon) -> None:
    client = hearth.live("m1")
    client.send_fragments(["x" * 8_000] * 4)
    assert client.wait_closed() == 1009


def test_a_binary_frame_closes_with_1003(hearth: HearthDaemon) -> None:
    client = hearth.live("m1")
    client.wait_for("control_lease")
    client.send_bytes(b'{"type":"command","action":"reset"}')
    assert client.wait_closed() == 1003


def test_a_ping_is_answered(client: LiveSocket) -> None:
    assert client.ping()


def test_a_polite_goodbye_is_answered(hearth: HearthDaemon) -> None:
    client = hearth.live("m1")
    client.wait_for("control_lease")
    client.close()
    assert client.close_code == 1000


def test_an_idle_socket_that_asked_for_heartbeats_gets_them(hearth: HearthDaemon) -> None:
    hearth.rest.post("/api/machines", json=simulated("sleeping", autoconnect=False))
    client = hearth.live("sleeping", heartbeat="1")
    first = client.wait_for("heartbeat")
    second = client.wait_for("heartbeat", since=first.index + 1)
    assert 0.5 < second.at - first.at < 3
    assert_documented(client.frames)


def test_the_machine_never_noticed_any_of_it(hearth: HearthDaemon) -> None:
    client = hearth.live("m1")
    last = client.wait_for("temperature")
    for _ in range(5):
        last = client.wait_for("temperature", since=last.index + 1)
    assert client.wait_for("connection")["restarts"] == 0
    assert hearth.rest.get("/healthz").status_code == 200
