"""Objects over the REST API: put in, put in again, read back with the CRM's id, refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from objects.api.resources import COMPANY, TASK
from objects.models import CrmObject
from tests.factories import ApiKeyFactory, SourceFactory
from tests.objects.conftest import Program

HEADERS = {"HTTP_AUTHORIZATION": "Api-Key the-key"}
ADDRESS = "/api/v1/objects/"


def post(client: Client, value: Any, address: str = ADDRESS) -> Any:
    return client.post(address, value, content_type="application/json", **HEADERS)


def test_an_object_goes_into_the_crm_and_comes_back_with_its_id(program: Program, client: Client) -> None:
    ApiKeyFactory(source=program.source, plain="the-key")
    answer = post(client, COMPANY)
    assert (answer.status_code, answer.json()["version"], answer.json()["crm_id"]) == (201, 1, None)
    assert post(client, COMPANY).status_code == 200
    program.shop.drive(program.newest())
    (company,) = program.rows("Company")
    (told,) = client.get(f"{ADDRESS}?type=company&object_id=C-1", **HEADERS).json()["results"]
    assert told["crm_id"] == company["Id"] and told["linked_at"]
    assert client.get(f"{ADDRESS}?type=task&object_id=C-1", **HEADERS).json()["results"] == []
    assert post(client, {**COMPANY, "custom_fields": {"\0Ref": "r-1", "_Mood": ""}}).status_code == 200
    assert CrmObject.objects.get().object_data.custom_fields == {"Ref": "r-1"}
    rows = [{"kind": "object", "data": TASK}, {"kind": "object", "data": {**COMPANY, "stage": "New"}}]
    results = post(client, {"rows": rows}, "/api/v1/batch/").json()["results"]
    assert [result["status"] for result in results] == [201, 200]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({**COMPANY, "type": "person"}, "type"),
    ({**COMPANY, "title": ""}, "title"),
    ({**COMPANY, "text": "x" * 65_536}, "text"),
    ({**COMPANY, "custom_fields": {"_Ref": 5}}, "custom_fields"),
    ({**COMPANY, "colour": "red"}, "colour"),
    ({**TASK, "priority": "soon"}, "priority"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("value", "name"), REFUSED)
def test_what_it_cannot_be_is_refused_by_name(client: Client, value: dict[str, Any], name: str) -> None:
    ApiKeyFactory(plain="the-key")
    answer = post(client, value)
    assert answer.status_code == 400 and list(answer.json()) == [name]
    assert not CrmObject.objects.exists()


@pytest.mark.django_db
def test_another_source_s_objects_are_not_seen(client: Client) -> None:
    ApiKeyFactory(plain="the-key")
    ApiKeyFactory(source=SourceFactory(slug="other"), plain="another")
    post(client, COMPANY)
    others = client.get(ADDRESS, HTTP_AUTHORIZATION="Api-Key another").json()
    assert others["results"] == [] and CrmObject.objects.count() == 1
