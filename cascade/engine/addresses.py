"""Who of ours has an address, while somebody leaves it: so that nobody's contact is taken from under them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from cascade.models import Replication
from crm.emails import email_key
from crm.errors import HeldBack

BUSY = "Something else of this contact is just being sent."
BUSY_SECONDS = 2.0


def address_shared(replication: Replication, address: str) -> bool:
    """Whether anything else of the account, of whatever shop, was or is to be sent under the address."""
    rows = Replication.objects.filter(connection_id=replication.connection_id, contact_key=email_key(address))
    return rows.exclude(kind=replication.kind, subject_key=replication.subject_key).exists()


@contextmanager
def address_held(replication: Replication, left: str, taken: str) -> Iterator[bool]:
    """Keep everything else of the address `left` from running meanwhile; gives `address_shared` of it.

    Raises: HeldBack while another replication of either address is in flight; what was done is then found
            by the next run.
    """
    contact_key_take(replication, email_key(left))
    try:
        yield address_shared(replication, left)
    finally:
        contact_key_take(replication, email_key(taken))


def contact_key_take(replication: Replication, contact_key: str) -> None:
    """Run as a replication of that contact. Raises: HeldBack while another of that contact is in flight."""
    rows = Replication.objects.filter(pk=replication.pk, lease_token=replication.lease_token)
    try:
        with transaction.atomic():
            rows.update(contact_key=contact_key)
    except IntegrityError as err:
        raise HeldBack(BUSY, retry_after_seconds=BUSY_SECONDS) from err
