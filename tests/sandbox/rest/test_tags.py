from __future__ import annotations

import pytest

from tests.sandbox.rest.conftest import Rest
from tests.sandbox_client import Sandbox


@pytest.fixture
def tags(sandbox: Sandbox) -> list[int]:
    return sandbox.seed(ContactGroup=[{"GroupName": name} for name in ("New", "Repeat", "Newsletter")])[
        "ContactGroup"
    ]


def test_applying_and_removing_say_what_became_of_each_contact(
    v2: Rest, contact: int, tags: list[int]
) -> None:
    body = {"contact_ids": [str(contact), "9"]}
    path = f"/tags/{tags[0]}/contacts"
    words = [v2("POST", f"{path}:applyTags", body)["results"] for _ in range(2)]
    assert words[0] == {str(contact): "SUCCESS", "9": "CONTACT_DOES_NOT_EXIST"}
    assert words[1][str(contact)] == "DUPLICATE"
    assert v2("POST", f"{path}:removeTags", body) is None
    assert v2("POST", f"{path}:removeTags", body) is None
    kinds = [effect["kind"] for effect in v2.sandbox.effects()]
    assert kinds == ["contact.tagged", "contact.untagged"]
    assert v2.refused("POST", "/tags/9/contacts:applyTags", body)[0] == 404


def test_a_contacts_tags_are_listed_with_their_names(v2: Rest, contact: int, tags: list[int]) -> None:
    for tag in tags:
        v2("POST", f"/tags/{tag}/contacts:applyTags", {"contact_ids": [str(contact)]})
    found = v2("GET", f"/contacts/{contact}/tags", filter="name==new*", order_by="name desc")["tags"]
    assert [each["tag"]["name"] for each in found] == ["Newsletter", "New"]
    assert all(each["applied_time"].endswith("Z") for each in found)
    shown = v2("GET", f"/contacts/{contact}", fields="tag_ids")
    assert shown["tag_ids"] == [str(tag) for tag in tags]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("name==new", ["New"]),
        ("name==new*", ["New", "Newsletter"]),
        ("category_id==NONE;name==Repeat", ["Repeat"]),
        ("name==other", []),
    ],
)
def test_tags_are_found_by_name(v2: Rest, tags: list[int], wanted: str, names: list[str]) -> None:
    assert [tag["name"] for tag in v2("GET", "/tags", filter=wanted)["tags"]] == names


def test_tags_and_categories_are_made(v2: Rest) -> None:
    category = v2("POST", "/tags/categories", {"name": "Shop"})
    body = {"name": "New", "category": {"id": category["id"]}}
    tag = v2("POST", "/tags", body)
    assert v2("GET", f"/tags/{tag['id']}") == tag == {"id": tag["id"], **body}
    assert v2("GET", "/tags/categories", filter="name==shop")["tag_categories"] == [category]
    assert [len(v2.effects(kind)) for kind in ("tag.created", "tag_category.created")] == [1, 1]
    assert v2.refused("POST", "/tags", {"name": "x", "category": {"id": "9"}})[0] == 400
    assert v2.refused("POST", "/tags", {"description": "x"})[0] == 400


@pytest.mark.parametrize(
    ("option", "first", "again"),
    [("words", "SUCCESS", "DUPLICATE"), ("success", "SUCCESS", "SUCCESS")],
)
def test_v1_takes_many_tags_at_once(
    v1: Rest, contact: int, tags: list[int], option: str, first: str, again: str
) -> None:
    v1.sandbox.options(v1_tags_reply=option)
    for word in (first, again):
        answer = v1("POST", f"/contacts/{contact}/tags", {"tagIds": [*tags[:2], 9]})
        expected = {str(tags[0]): word, str(tags[1]): word, "9": "TAG_ID_NOT_FOUND"}
        assert answer == expected
    assert len(v1.effects("contact.tagged")) == 2
    listed = v1("GET", f"/contacts/{contact}/tags")
    assert (listed["count"], listed["tags"][0]["tag"]) == (2, {"id": tags[0], "name": "New"})


def test_v1_may_answer_tags_otherwise(v1: Rest, contact: int, tags: list[int]) -> None:
    body = {"tagIds": tags[:2]}
    v1.sandbox.options(v1_tags_reply="empty")
    assert v1.try_("POST", f"/contacts/{contact}/tags", body, documented=False).body is None
    v1.sandbox.options(v1_tags_reply="entries")
    said = v1.try_("POST", f"/contacts/{contact}/tags", body, documented=False).body
    assert said == [{str(tag): "DUPLICATE"} for tag in tags[:2]]


def test_v1_takes_tags_away(v1: Rest, contact: int, tags: list[int]) -> None:
    v1("POST", f"/contacts/{contact}/tags", {"tagIds": tags})
    assert v1("DELETE", f"/contacts/{contact}/tags", ids=f"{tags[0]},{tags[1]}") is None
    assert v1("DELETE", f"/contacts/{contact}/tags/{tags[2]}") is None
    assert len(v1.effects("contact.untagged")) == 3
    assert v1.refused("DELETE", f"/contacts/{contact}/tags")[0] == 400
    assert v1("GET", "/tags", name="repeat")["tags"] == [{"id": tags[1], "name": "Repeat"}]
