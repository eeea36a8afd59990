from __future__ import annotations

import pytest

from tests.sandbox.conftest import Wire
from tests.sandbox.rest.conftest import Rest
from tests.sandbox_client import Sandbox


@pytest.fixture
def user(sandbox: Sandbox) -> str:
    return str(sandbox.seed(User=[{"FirstName": "Uma", "LastName": "Orr"}])["User"][0])


def test_a_note_is_the_same_row_over_both_protocols(v2: Rest, contact: int, user: str) -> None:
    path = f"/contacts/{contact}/notes"
    made = v2("POST", path, {"user_id": user, "title": "Call", "text": "twice"})
    assert (made["title"], made["text"], made["assigned_to_user"]["given_name"]) == ("Call", "twice", "Uma")
    assert made["contact_id"] == str(contact) and made["create_time"].endswith("Z")
    wire = Wire(v2.sandbox)
    fields = ["Id", "ObjectType", "ActionDescription", "CreationNotes"]
    (row,) = wire("DataService.query", "ContactAction", 10, 0, {"ContactId": contact}, fields)
    assert [row[name] for name in fields] == [int(made["id"]), "Note", "Call", "twice"]
    values = {"ContactId": contact, "ObjectType": "Note", "ActionDescription": "Mail"}
    second = wire("DataService.add", "ContactAction", values)
    assert [note["id"] for note in v2("GET", path)["notes"]] == [made["id"], str(second)]
    assert [len(v2.effects(f"{noun}.created")) for noun in ("note", "task")] == [2, 0]


def test_notes_are_filtered_by_title(v2: Rest, contact: int, sandbox: Sandbox) -> None:
    row = {"ContactId": contact, "ObjectType": "Note"}
    titles = ["Follow up", "To follow", "Mail"]
    ids = sandbox.seed(ContactAction=[{**row, "ActionDescription": title} for title in titles])
    sandbox.seed(ContactAction=[{**row, "ObjectType": "Task", "ActionDescription": "Follow"}])

    def found(wanted: str) -> list[str]:
        return [note["title"] for note in v2("GET", f"/contacts/{contact}/notes", filter=wanted)["notes"]]

    assert found("title==follow") == titles[:2]
    assert found("title==Follow*") == titles[:1]
    assert found(f"ids=={ids['ContactAction'][2]}") == titles[2:]
    assert v2.refused("GET", f"/contacts/{contact}/notes", filter="title>a")[0] == 400


def test_a_note_is_changed_and_deleted_on_its_own_contact(v2: Rest, contact: int, user: str) -> None:
    v2.sandbox.seed(DataFormField=[{"Name": "Mood", "Label": "Mood", "FormId": -5, "DataType": 15}])
    (field,) = (row["Id"] for row in v2.sandbox.rows("DataFormField"))
    other, *_ = v2.sandbox.seed(Contact=[{"Email": "bo@example.com"}])["Contact"]
    note = v2("POST", f"/contacts/{contact}/notes", {"user_id": user, "type": "Call"})["id"]
    path = f"/contacts/{contact}/notes/{note}"
    change = {
        "user_id": user,
        "title": "Mail",
        "text": "no",
        "custom_fields": [{"id": str(field), "content": "good"}],
    }
    shown = v2("PATCH", path, change, update_mask="title,custom_fields", fields="custom_fields")
    assert (shown["title"], shown.get("text")) == ("Mail", None)
    assert shown["custom_fields"] == [{"id": str(field), "content": "good"}]
    assert v2.refused("GET", f"/contacts/{other}/notes/{note}")[0] == 404
    assert v2("DELETE", path) is None
    assert v2.refused("GET", path)[0] == 404
    assert [len(v2.effects(f"note.{what}")) for what in ("created", "updated", "deleted")] == [1, 1, 1]


@pytest.mark.parametrize(
    "wrong", [{"title": "x"}, {"user_id": "9", "title": "x"}, {"user_id": "U"}, {"user_id": "U", "body": "x"}]
)
def test_a_note_needs_a_known_user_and_a_title(
    v2: Rest, contact: int, user: str, wrong: dict[str, str]
) -> None:
    body = {name: user if value == "U" else value for name, value in wrong.items()}
    assert v2.refused("POST", f"/contacts/{contact}/notes", body)[0] == 400
    assert v2.refused("POST", "/contacts/9/notes", {"user_id": user, "title": "x"})[0] == 404
    assert v2.sandbox.rows("ContactAction") == []
