"""The schema is valid, says what is taken, and each of its examples is taken."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from intake.models import ApiKey
from tests.factories import ApiKeyFactory

JSON = "application/json"
SCHEMA: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
OPERATIONS = {
    operation["operationId"]: (path, method, operation)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
}
POSTED = [
    (path, name, example["value"])
    for path, method, operation in OPERATIONS.values()
    if method == "post"
    for name, example in operation["requestBody"]["content"][JSON]["examples"].items()
]
ANSWERED = [
    pytest.param(answer["content"][JSON], id=f"{name}-{status}")
    for name, (_, _, operation) in OPERATIONS.items()
    for status, answer in operation["responses"].items()
    if status in ("200", "201")
]


def test_it_is_valid_and_nothing_in_it_is_guessed(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


@pytest.fixture
def key(db: None) -> ApiKey:
    return ApiKeyFactory(plain="the-key")


@pytest.mark.parametrize(("path", "name", "value"), POSTED)
def test_every_example_is_taken(client, key, signals, path, name, value):
    response = client.post(path, data=value, content_type=JSON, HTTP_AUTHORIZATION="Api-Key the-key")
    assert response.status_code in (200, 201)
    results = response.json().get("results", [])
    assert {result["status"] for result in results} <= {201}


@pytest.mark.parametrize("content", ANSWERED)
def test_every_answer_has_an_example_of_its_shape(content):
    validator = jsonschema.Draft202012Validator({**content["schema"], "components": SCHEMA["components"]})
    assert content["examples"]
    for example in content["examples"].values():
        validator.validate(example["value"])


def test_that_each_delivery_is_whole_is_said_of_every_kind():
    for kind in ("Order", "Cart", "Affiliate", "Shipment", "Refund"):
        said = SCHEMA["components"]["schemas"][kind]["description"].replace("\n", " ")
        assert "what is left out is not there any more. There are no partial updates." in said


def test_no_address_takes_a_partial_update(client, key):
    for path in {path.replace("{shop_order_id}", "1001").replace("{id}", "1") for path in SCHEMA["paths"]}:
        for method in (client.patch, client.put, client.delete):
            answer = method(path, data={}, content_type=JSON, HTTP_AUTHORIZATION="Api-Key the-key")
            assert answer.status_code == 405


def test_every_link_leads_to_an_operation_and_its_parameter():
    links = [
        link
        for _, _, operation in OPERATIONS.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert links
    for link in links:
        names = {parameter["name"] for parameter in OPERATIONS[link["operationId"]][2]["parameters"]}
        assert link["parameters"].keys() <= names
