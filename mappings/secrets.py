"""Encrypt stored secrets anew with the first key, so that another one can be retired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db.models import F, Model, TextField
from django.db.models.functions import Cast

from mappings.encrypted import DecryptionFailed, EncryptedTextField, Sealed

CHUNK = 500


@dataclass(slots=True)
class Renewal:
    """`old` secrets are not under the first key; `unopened` are under none that is configured."""

    renewed: int = 0
    old: int = 0
    unopened: int = 0

    def add(self, other: Renewal) -> None:
        self.renewed += other.renewed
        self.old += other.old
        self.unopened += other.unopened


def secret_fields() -> Iterator[tuple[type[Model], EncryptedTextField]]:
    """Every encrypted column there is."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field


def secrets_renew(
    model: type[Model], field: EncryptedTextField, *, pk: int | None = None, only_count: bool = False
) -> Renewal:
    """Encrypt the column anew where it is not under the first key, in one row or in all.

    A secret that is changed meanwhile is left as it then is. Repeat: safe, also if it was broken off.
    """
    told, last = Renewal(), 0
    stored_text = Cast(F(field.name), TextField())
    rows = model._default_manager.exclude(**{field.name: ""}).annotate(stored=stored_text)
    rows = rows.filter(pk=pk) if pk is not None else rows
    while chunk := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", "stored")[:CHUNK]):
        last = chunk[-1][0]
        for key, stored in chunk:
            if _is_new(stored):
                continue
            try:
                secret = field.opened(Sealed(stored))
            except DecryptionFailed:
                told.unopened += 1
                continue
            told.old += 1
            if not only_count:
                told.renewed += rows.filter(pk=key, stored=stored).update(**{field.name: secret})
    return told


def row_renew(row: Model) -> None:
    """The same for the secrets of one row, after it was saved."""
    for model, field in secret_fields():
        if isinstance(row, model):
            secrets_renew(model, field, pk=row.pk)


def _is_new(stored: str) -> bool:
    try:
        Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).decrypt(stored.encode())
    except InvalidToken:
        return False
    return True
