"""A text column that is encrypted at rest and fails loudly with a wrong key."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


UNREADABLE_KEY = "The stored key can no longer be read here. Type the API Key again."


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


class Sealed(str):
    """A secret as the database holds it."""


class SecretAttribute(DeferredAttribute):
    """Opens a secret when it is first asked for: what never shows it works without the key."""

    field: EncryptedTextField

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = instance.__dict__[self.field.attname] = self.field.opened(value)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(TextField):
    """Stores a Fernet token. Filters on it never match: keep a hash beside it where it is looked up.

    What is read is opened on first use; `values()` gives it as it is stored.
    """

    description = "Encrypted text"
    descriptor_class = SecretAttribute

    def get_prep_value(self, value: Any) -> Any:
        if value in (None, "") or isinstance(value, Sealed):
            return value if value is None else str(value)
        return cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return Sealed(value) if value else value

    def opened(self, value: Sealed) -> str:
        """Raises: DecryptionFailed."""
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken as err:
            raise DecryptionFailed(
                f"{self.model._meta.label}.{self.name} does not open with any of FIELD_ENCRYPTION_KEYS; "
                "was a key removed before the rows were encrypted anew?"
            ) from err
