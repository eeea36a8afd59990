"""A text column that is encrypted at rest and fails loudly with a wrong key."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


class DecryptionFailed(Exception):
    """A stored secret does not open with any configured key."""


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty: no secret can be stored.")
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """The first of FIELD_ENCRYPTION_KEYS encrypts, every one decrypts: put a new key in front to rotate."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


class EncryptedTextField(TextField):
    """Stores a Fernet token. Filters on it never match: keep a hash beside it where it is looked up."""

    description = "Encrypted text"

    def get_prep_value(self, value: Any) -> Any:
        if value in (None, ""):
            return value
        return cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if value in (None, ""):
            return value
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken as err:
            raise DecryptionFailed(
                f"{self.model._meta.label}.{self.name} does not open with any of FIELD_ENCRYPTION_KEYS; "
                "was a key removed before the rows were encrypted anew?"
            ) from err
