"""A program's source beside a shop of the same CRM account, which has users, stages and custom fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from cascade.models import Replication
from intake.models import Source
from mappings.models import DirectoryRow
from objects.ingest import object_ingest
from objects.models import CrmObject
from objects.object_data import ObjectData, ObjectType
from tests.cascade.conftest import Shop, shop
from tests.factories import PLACED_AT, SourceFactory

__all__ = ["shop"]
FORMS = (-4, -5, -6)


@dataclass
class Program:
    shop: Shop
    source: Source

    def tell(self, type_: str, object_id: str = "1", **values: Any) -> CrmObject:
        data = {"title": "Acme", "version_at": PLACED_AT, **values}
        return object_ingest(self.source, ObjectData(type=ObjectType(type_), object_id=object_id, **data)).row

    def newest(self) -> Replication:
        return Replication.objects.filter(kind="object").latest("id")

    def send(self, type_: str, object_id: str = "1", **values: Any) -> Replication:
        self.tell(type_, object_id, **values)
        return self.shop.drive(self.newest())

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.shop.sandbox.rows(table)


def seed(shop: Shop) -> None:
    shop.sandbox.seed(
        User=[{"Id": 7, "FirstName": "Olga", "LastName": "Owner", "Email": "olga@example.com"}],
        Stage=[
            {"Id": 3, "StageName": "New", "StageOrder": 1},
            {"Id": 5, "StageName": "Won", "StageOrder": 2},
        ],
        DataFormField=[{"Name": "Ref", "Label": "Ref", "FormId": form, "DataType": 15} for form in FORMS],
    )


@pytest.fixture(params=["xmlrpc", "rest"])
def program(shop: Shop, request: pytest.FixtureRequest, settings: Any) -> Program:
    settings.SETTLE_SECONDS = 0.2
    shop.connection.protocol = request.param
    shop.connection.save()
    seed(shop)
    DirectoryRow.objects.create(
        connection=shop.connection,
        kind="user",
        crm_id=7,
        name="Olga Owner",
        code="olga@example.com",
        seen_at=PLACED_AT,
    )
    return Program(shop, SourceFactory(connection=shop.connection, slug="crm", platform="api"))
