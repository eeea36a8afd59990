from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database

from mappings.encrypted import DecryptionFailed
from mappings.models import Connection
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db
SECRET = "KeapAK-canary-5f1c"


def stored_text(row: Connection) -> str:
    with database.cursor() as cursor:
        cursor.execute("SELECT api_key FROM mappings_connection WHERE id = %s", [row.pk])
        return str(cursor.fetchone()[0])


def test_it_comes_back_as_it_was() -> None:
    row = ConnectionFactory(api_key=SECRET)
    assert Connection.objects.get(pk=row.pk).api_key == SECRET


def test_the_database_holds_only_ciphertext() -> None:
    row = ConnectionFactory(api_key=SECRET)
    assert SECRET not in stored_text(row)
    assert stored_text(row).startswith("gAAAA")


def test_the_same_secret_is_stored_differently_each_time() -> None:
    assert stored_text(ConnectionFactory(api_key=SECRET)) != stored_text(ConnectionFactory(api_key=SECRET))


def test_a_wrong_key_raises_instead_of_giving_the_ciphertext(settings: Any) -> None:
    row = ConnectionFactory(api_key=SECRET)
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    loaded = Connection.objects.get(pk=row.pk)
    with pytest.raises(DecryptionFailed, match="FIELD_ENCRYPTION_KEYS"):
        loaded.api_key  # noqa: B018


def test_a_new_key_in_front_still_opens_what_the_old_one_closed(settings: Any) -> None:
    row = ConnectionFactory(api_key=SECRET)
    old, new = settings.FIELD_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    loaded = Connection.objects.get(pk=row.pk)
    assert loaded.api_key == SECRET
    loaded.save()
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert Connection.objects.get(pk=row.pk).api_key == SECRET


def test_an_empty_secret_stays_empty() -> None:
    row = ConnectionFactory(api_key="")
    assert stored_text(row) == ""
    assert Connection.objects.get(pk=row.pk).api_key == ""
