"""What the API tells of a replication, field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cascade.engine.kinds import KINDS, api_ids
from cascade.models import JournalEntry, Replication
from intake.api.fields import MomentField, TextField
from intake.api.filters import PageFilters
from logs_ui.log.display import ERROR_CLASSES

Serializer = serializers.Serializer
Fields = dict[str, serializers.Field[Any, Any, Any, Any]]


def kind_choices() -> list[tuple[str, str]]:
    return [(kind.name, kind.title) for kind in KINDS.values()]


class ReplicationFilters(PageFilters):
    email = TextField(max_length=320, help_text="The whole address; letter case does not count.")
    state = serializers.ChoiceField(Replication.State.choices, required=False)
    since = MomentField(required=False, help_text="Came in at this moment or later.")

    def get_fields(self) -> Fields:
        ids = (api_id for api_id in api_ids().values() if api_id.finds)
        return {
            **{api_id.name: TextField(max_length=255, help_text=api_id.finds) for api_id in ids},
            "kind": serializers.ChoiceField(kind_choices(), required=False),
            **super().get_fields(),
        }


class ReplicationSerializer(Serializer[Any]):
    """One order, cart, affiliate or shipment on its way into the CRM."""

    id = serializers.IntegerField()
    email = serializers.CharField(help_text="Empty if the shop told none.")
    state = serializers.ChoiceField(Replication.State.choices)
    level = serializers.ChoiceField(
        Replication.Level.choices, help_text="The worst remark; `succeeded` may carry a warning or an error."
    )
    reason = serializers.CharField(help_text="A sentence to act on; empty where nothing is wrong.")
    error_class = serializers.CharField(help_text=f"Empty or one of {', '.join(ERROR_CLASSES)}.")
    setting_url = serializers.URLField(
        allow_null=True, help_text="The section of the settings page that removes the cause."
    )
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    next_try_at = serializers.DateTimeField(allow_null=True)
    url = serializers.URLField(help_text="Its page in the replication log.")

    def get_fields(self) -> Fields:
        fields = super().get_fields()
        return {
            "id": fields.pop("id"),
            "kind": serializers.ChoiceField(kind_choices()),
            **{api_id.name: serializers.CharField(help_text=api_id.help) for api_id in api_ids().values()},
            **fields,
        }


class CrmIdsSerializer(Serializer[Any]):
    """The CRM's ids, as far as they are known."""

    contact_id = serializers.IntegerField(allow_null=True)
    order_id = serializers.IntegerField(allow_null=True)
    invoice_id = serializers.IntegerField(allow_null=True)


class StepSerializer(Serializer[Any]):
    """One effect in the CRM. What was done stays done when the order is sent again."""

    name = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(JournalEntry.State.choices)
    result = serializers.CharField(help_text="Empty, created, updated, unchanged or skipped.")
    note = serializers.CharField()
    external = serializers.DictField(help_text="The CRM's ids of what the step made.")
    done_at = serializers.DateTimeField(allow_null=True)


class AttemptSerializer(Serializer[Any]):
    number = serializers.IntegerField()
    outcome = serializers.CharField(help_text="Empty while it runs, else the state it ended in.")
    error_class = serializers.CharField()
    message = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class DecisionSerializer(Serializer[Any]):
    level = serializers.ChoiceField(Replication.Level.choices)
    text = serializers.CharField()


class ReplicationDetailSerializer(ReplicationSerializer):
    """The same with everything that was decided and done."""

    crm = CrmIdsSerializer()
    decisions = DecisionSerializer(many=True)
    steps = StepSerializer(many=True)
    attempt_log = AttemptSerializer(many=True, help_text="The last attempts, the newest first.")
