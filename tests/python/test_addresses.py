"""Tags, endpoint ids, groups and device types: who has which, and that it stays so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from conftest import StartHearth
from hearth_daemon import HearthDaemon
from machines import simulated
from rest_helpers import expect_problem, pointers

FIRST = 1000


def channel(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "sensor", **more}


def pushed(machine: str, *channels: dict[str, Any]) -> dict[str, Any]:
    """A machine behind a remote controller, so that its channels are ours to choose."""
    return {"id": machine, "kind": "rig", "driver": {"type": "push"}, "channels": list(channels)}


def numbers(rest: httpx.Client, machine: str) -> dict[str, int]:
    """Endpoint id by channel."""
    return {each["id"]: each["endpoint_id"] for each in rest.get(f"/api/machines/{machine}").json()["channels"]}


def added(rest: httpx.Client, machine: dict[str, Any]) -> dict[str, int]:
    answer = rest.post("/api/machines", json=machine)
    assert answer.status_code == 201, answer.text
    assert {each["id"]: each["endpoint_id"] for each in answer.json()["channels"]} == numbers(rest, machine["id"])
    return numbers(rest, machine["id"])


def changed(rest: httpx.Client, machine: dict[str, Any]) -> dict[str, int]:
    answer = rest.put(f"/api/machines/{machine['id']}", json=machine)
    assert answer.status_code == 200, answer.text
    return numbers(rest, machine["id"])


def test_a_number_outlives_changes_removal_and_a_killed_daemon(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[simulated("drum", autoconnect=False)])
    of_drum = numbers(hearth.rest, "drum")
    assert sorted(of_drum.values()) == list(range(FIRST, FIRST + 9)), "a simulator's own channels have numbers, too"
    given = added(hearth.rest, pushed("rig", channel("a"), channel("b", endpoint_id=52), channel("c")))
    assert given == {"a": FIRST + 9, "b": 52, "c": FIRST + 10}
    assert changed(hearth.rest, pushed("rig", channel("c"), channel("b"))) == {"c": given["c"], "b": 52}
    assert hearth.rest.delete("/api/machines/rig").status_code == 204
    other = added(hearth.rest, pushed("other", channel("a")))
    assert other == {"a": FIRST + 11}
    hearth.kill()
    hearth.start()
    assert (numbers(hearth.rest, "drum"), numbers(hearth.rest, "other")) == (of_drum, other)
    assert added(hearth.rest, pushed("rig", channel("new"), channel("a"), channel("b"), channel("c"))) == {
        "new": FIRST + 12,
        **given,
    }


def test_what_is_read_may_be_put_back_and_opens_nothing_anew(start_hearth: StartHearth) -> None:
    hearth = start_hearth(machines=[simulated("drum", interval_ms=100)])
    before = hearth.rest.get("/api/machines/drum").json()
    assert {"id": "bt", "tag": "drum.bt", "group": "sensors"}.items() <= before["channels"][0].items()
    live = hearth.live("drum")
    (burner,) = [each for each in live.wait_for("controls")["channels"] if each["id"] == "burner"]
    assert (burner["tag"], burner["group"], burner["device_type"]) == ("drum.burner", "controls", None)
    assert burner["endpoint_id"] == numbers(hearth.rest, "drum")["burner"]
    assert hearth.rest.get("/api/machines/drum/session").json()["controls"][0].keys() == burner.keys()
    live.wait_for("temperature")
    mark = live.here()
    answer = hearth.rest.put("/api/machines/drum", json=before)
    assert (answer.status_code, answer.json()) == (200, before)
    live.wait_for("temperature", since=mark)
    assert not live.of_type("connection", mark), "the driver was not opened anew"
    after = {**before, "channels": [{**each, "group": "left"} for each in before["channels"]]}
    assert hearth.rest.put("/api/machines/drum", json=after).json() == after
    (burner,) = [each for each in live.wait_for("controls", since=mark)["channels"] if each["id"] == "burner"]
    assert burner["group"] == "left", "pages are told"


def test_addresses_of_others_are_refused_with_their_place(start_hearth: StartHearth) -> None:
    rest = start_hearth(machines=[simulated("drum", autoconnect=False)]).rest
    added(rest, pushed("rig", channel("a", tag="evt_1", endpoint_id=52), channel("b")))
    taken = numbers(rest, "rig")["b"]
    clashing = pushed(
        "two",
        channel("a", endpoint_id=52),
        channel("b", tag="evt_1"),
        channel("c", endpoint_id=taken),
        channel("d", tag="drum.burner"),
        channel("e", endpoint_id=numbers(rest, "drum")["bt"]),
    )
    problem = expect_problem(rest.post("/api/machines", json=clashing), 422)
    told = {"/channels/0/endpoint_id", "/channels/1/tag", "/channels/2/endpoint_id", "/channels/3/tag", "/channels/4/endpoint_id"}
    assert pointers(problem) == told
    assert rest.delete("/api/machines/rig").status_code == 204
    problem = expect_problem(rest.post("/api/machines", json=pushed("two", channel("x"), channel("a", endpoint_id=52))), 422)
    assert pointers(problem) == {"/channels/1/endpoint_id"}, "a machine that is gone keeps its numbers"
    assert "rig" in problem["errors"][0]["detail"]
    assert added(rest, pushed("two", channel("x", tag="evt_1"))).keys() == {"x"}, "its tags are free"
    problem = expect_problem(rest.put("/api/machines/two", json=pushed("two", channel("x", endpoint_id=52))), 422)
    assert pointers(problem) == {"/channels/0/endpoint_id"}
    assert rest.get("/api/machines/two").json()["channels"][0]["tag"] == "evt_1", "what is refused changes nothing"


def test_of_many_who_want_one_tag_or_number_at_once_one_gets_it(start_hearth: StartHearth) -> None:
    rest = start_hearth(machines=[]).rest
    for key, value in (("tag", "evt"), ("endpoint_id", 7)):
        machines = [pushed(f"{key[0]}{n}", channel("x", **{key: value})) for n in range(6)]
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda machine: rest.post("/api/machines", json=machine).status_code, machines))
        assert answers.count(201) == 1 and set(answers) <= {201, 409, 422}, answers


def test_a_garbled_record_is_reported_and_nobody_gets_a_number_that_was_lost(start_hearth: StartHearth) -> None:
    hearth: HearthDaemon = start_hearth(machines=[pushed("a", channel("x"), channel("y"), channel("z", endpoint_id=5))])
    before = numbers(hearth.rest, "a")
    hearth.kill()
    (record,) = hearth.home.rglob("endpoints.jsonl")
    lines = record.read_text().splitlines()
    record.write_text("\n".join("garbage" if '"x"' in line else line for line in lines) + "\n")
    hearth.start()
    after = numbers(hearth.rest, "a")
    assert {**after, "x": 0} == {**before, "x": 0}
    assert after["x"] > max(before.values()) + 1000
    assert "endpoint ids are damaged" in hearth.logs(100_000)
    hearth.kill()
    record.write_bytes(b"\xff\x00")
    hearth.start()
    assert numbers(hearth.rest, "a")["z"] == 5, "what is written down comes back"
