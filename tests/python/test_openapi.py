"""The description at `/api/openapi.json`: it is OpenAPI, its examples fit, and the daemon answers as it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hearth_daemon import HearthDaemon
from jsonschema import Draft202012Validator
from machines import simulated
from openapi_spec_validator import validate
from rest_helpers import add_profile, profile_document
from waiting import wait_until

MACHINE = "described"


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A daemon whose simulated roaster is connected and records."""
    with HearthDaemon(tmp_path_factory.mktemp("openapi"), machines=[simulated(MACHINE)]) as hearth:
        machine = f"/api/machines/{MACHINE}"
        wait_until(lambda: hearth.rest.get(f"{machine}/session").json()["last_reading"], "a reading", 30.0)
        for action in ("start_monitoring", "start_recording", "mark_event"):
            answer = hearth.rest.post(f"{machine}/session", json={"action": action, "event_type": "CHARGE"})
            assert answer.status_code == 200, answer.text
        yield hearth.rest


@pytest.fixture(scope="module")
def description(rest: httpx.Client) -> dict[str, Any]:
    """What the daemon says of itself."""
    answer = rest.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation with its name."""
    for item in description["paths"].values():
        for operation in item.values():
            yield operation["operationId"], operation


def fits(description: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What about `value` does not fit the schema."""
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": description["components"], **schema}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]


def unnamed(description: dict[str, Any], schema: dict[str, Any], value: Any, at: str = "$") -> list[str]:
    """Members of an answer that its schema does not name, which a validator lets pass."""
    if "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return min((unnamed(description, choice, value, at) for choice in choices), key=len)
    if isinstance(value, list):
        items = schema.get("items", {})
        return [found for n, item in enumerate(value) for found in unnamed(description, items, item, f"{at}[{n}]")]
    if not isinstance(value, dict):
        return []
    named, others = schema.get("properties", {}), schema.get("additionalProperties")
    found = [] if isinstance(others, dict) else [f"{at}.{name}" for name in value if name not in named]
    for name, member in value.items():
        found += unnamed(description, named.get(name, others if isinstance(others, dict) else {}), member, f"{at}.{name}")
    return found


def test_the_description_is_openapi_3_1(description: dict[str, Any]) -> None:
    validate(description)
    assert description["openapi"].startswith("3.1.")


def test_every_example_fits_its_schema(description: dict[str, Any]) -> None:
    checked = 0
    for name, operation in operations(description):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in (media for body in bodies for media in body.get("content", {}).values()):
            examples = [example["value"] for example in media.get("examples", {}).values()]
            for example in [*examples, *([media["example"]] if "example" in media else [])]:
                assert fits(description, media["schema"], example) == [], name
                checked += 1
    assert checked > 80


def test_a_wrong_body_does_not_fit(description: dict[str, Any]) -> None:
    schemas = {name: {"$ref": f"#/components/schemas/{name}"} for name in description["components"]["schemas"]}
    assert fits(description, schemas["ControlBody"], {"value": 1.5})
    assert fits(description, schemas["MachineConfig"], {"id": "a"})
    assert fits(description, schemas["MachineConfig"], {"id": "a", "driver": {"type": "telepathy"}})
    assert fits(description, schemas["SessionAction"], {"action": "fly"})
    assert fits(description, schemas["SessionAction"], {"action": "mark_event"})
    assert not fits(description, schemas["SessionAction"], {"action": "mark_event", "event_type": "FCs"})


@pytest.mark.parametrize(
    ("operation_id", "path"),
    [
        ("listMachines", "/api/machines"),
        ("showMachine", f"/api/machines/{MACHINE}"),
        ("machineHealth", f"/api/machines/{MACHINE}/health"),
        ("showSession", f"/api/machines/{MACHINE}/session?include=series"),
        ("listAlarms", f"/api/machines/{MACHINE}/alarms"),
        ("listPastAlarms", f"/api/machines/{MACHINE}/alarms/history"),
        ("listSerialPorts", "/api/serial-ports"),
        ("listProfiles", "/api/profiles"),
        ("showProfile", "/api/profiles/{profile}"),
        ("listTasks", "/api/tasks"),
        ("isAlive", "/healthz"),
        ("isReady", "/readyz"),
        ("daemonHealth", "/health"),
        ("listEndpoints", "/api/os/endpoints?include=current"),
        ("listTiles", "/api/os/tiles"),
        ("showTile", f"/api/os/tiles/{MACHINE}?include=current"),
        ("listAlarmOccurrences", "/api/os/alarms?status=cleared_acked"),
        ("latestTelemetry", "/api/os/telemetry/latest?endpointId=1000"),
        ("bevforgeHealth", "/api/health"),
    ],
)
def test_the_daemon_answers_as_described(
    rest: httpx.Client, description: dict[str, Any], operation_id: str, path: str
) -> None:
    profile = add_profile(rest, profile_document("As described"))
    rest.post("/api/tasks/failing_task").raise_for_status()
    answer = rest.get(path.format(profile=profile))
    assert answer.status_code == 200, answer.text
    schema = dict(operations(description))[operation_id]["responses"]["200"]["content"]["application/json"]["schema"]
    assert fits(description, schema, answer.json()) == []
    assert unnamed(description, schema, answer.json()) == []


@pytest.mark.parametrize(("operation_id", "body"), [("createMachine", {"id": "Not A Slug"}), ("createProfile", {})])
def test_the_daemon_refuses_as_described(
    rest: httpx.Client, description: dict[str, Any], operation_id: str, body: dict[str, Any]
) -> None:
    path = {"createMachine": "/api/machines", "createProfile": "/api/profiles"}[operation_id]
    answer = rest.post(path, json=body)
    responses = dict(operations(description))[operation_id]["responses"]
    content = responses[str(answer.status_code)]["content"]["application/problem+json"]
    assert fits(description, content["schema"], answer.json()) == []
    assert answer.json()["code"] in content["examples"]


def test_each_machine_in_the_examples_can_be_added(rest: httpx.Client, description: dict[str, Any]) -> None:
    body = dict(operations(description))["createMachine"]["requestBody"]
    for example in body["content"]["application/json"]["examples"].values():
        answer = rest.post("/api/machines", json={**example["value"], "autoconnect": False})
        assert answer.status_code == 201, answer.text
        assert fits(description, {"$ref": "#/components/schemas/MachineConfig"}, answer.json()) == []


def test_each_profile_in_the_examples_can_be_kept(rest: httpx.Client, description: dict[str, Any]) -> None:
    body = dict(operations(description))["createProfile"]["requestBody"]
    wholes = [example["value"] for example in body["content"]["application/json"]["examples"].values()]
    wholes = [whole for whole in wholes if "series" in whole]
    assert wholes
    for whole in wholes:
        assert rest.post("/api/profiles", json=whole).status_code == 201
