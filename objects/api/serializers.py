"""The JSON of an object: the shape of `objects.object_data`."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

from intake.api.fields import AmountField, MomentField, StrictSerializer, TextField
from objects.object_data import ObjectType

LONGEST_TEXT = 65_535
FIELDS_HELP = "By the names of the CRM's custom fields, such as _Colour."
PRIORITIES = ("", "Critical", "Essential", "Non-Essential")


class FieldTextsField(serializers.DictField):
    """Texts by the names of the CRM's custom fields; signs that no such name has do not count."""

    def __init__(self) -> None:
        super().__init__(child=TextField(max_length=LONGEST_TEXT), default=dict, help_text=FIELDS_HELP)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        values: dict[str, str] = super().to_internal_value(data)
        named = {re.sub(r"\W", "", name, flags=re.ASCII)[:100]: text for name, text in values.items()}
        return {name: text for name, text in named.items() if name and text}


class ObjectSerializer(StrictSerializer):
    """A company, opportunity, task or note. What is blank or left out never overwrites.

    An existing one is found by its key: a company by its name, an opportunity by contact, title and day of
    closing, a task by contact, title and minute; letter case and signs aside. Where several fit it is held,
    and the log names them; so is one that lacks a part of its key.
    """

    type = serializers.ChoiceField([each.value for each in ObjectType])
    object_id = TextField(required=True, max_length=100, help_text="Your id of it, unique in its type.")
    version_at = MomentField(
        required=False,
        help_text="When this version came to be. An older one changes nothing; left out, it is now.",
    )
    title = TextField(required=True, max_length=255, help_text="Also a company's name.")
    text = TextField(max_length=LONGEST_TEXT, help_text="Notes or description.")
    contact_email = TextField(max_length=320, help_text="Whose it is; the contact is made if need be.")
    owner_email = TextField(max_length=320, help_text="Of an active user of the CRM.")
    happens_at = MomentField(
        required=False,
        allow_null=True,
        default=None,
        help_text="When an opportunity is to close, a task is due, a note was taken.",
    )
    completed_at = MomentField(required=False, allow_null=True, default=None)
    stage = TextField(max_length=100, help_text="Name of the opportunity's stage.")
    activity_type = TextField(max_length=100, help_text="Type of a task or note, such as Call.")
    priority = serializers.ChoiceField(PRIORITIES, required=False, default="")
    email = TextField(max_length=75)
    phone = TextField(max_length=40)
    website = TextField(max_length=100)
    revenue_low = AmountField(allow_null=True, default=None)
    revenue_high = AmountField(allow_null=True, default=None)
    custom_fields = FieldTextsField()


class StoredObjectSerializer(ObjectSerializer):
    version = serializers.IntegerField(help_text="Counts accepted changes.")
    crm_id = serializers.IntegerField(allow_null=True, help_text="Of the CRM's record, once it was sent.")
    linked_at = serializers.CharField(allow_null=True, help_text="When that became known.")
