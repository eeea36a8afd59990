"""One open replication per subject: the database itself refuses a second."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from cascade.models import Replication
from cascade.services import ResendRefused, replication_resend
from tests.cascade.conftest import Shop


def test_a_second_open_row_of_one_subject_is_refused(shop: Shop) -> None:
    first = shop.replication()
    values = {name: getattr(first, name) for name in ("connection", "kind", "subject_key", "contact_key")}
    with pytest.raises(IntegrityError), transaction.atomic():
        Replication.objects.create(**values)


def test_eight_resends_at_once_open_one_row(shop: Shop) -> None:
    done = shop.drive(shop.replication())

    def resend(_: int) -> bool:
        try:
            replication_resend(Replication.objects.get(pk=done.pk), user=None)
            return True
        except ResendRefused:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(resend, range(8)))
    assert sum(begun) == 1
    assert Replication.objects.filter(state__in=Replication.OPEN).count() == 1
