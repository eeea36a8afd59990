"""The key of a contact in personalised links: it names the contact and proves that we made it.

Ids of contacts can be guessed, so an id that comes back from a link proves nothing by itself.
"""

from __future__ import annotations

from django.utils.crypto import constant_time_compare, salted_hmac

LENGTH = 20
SALT = "bookings.link_keys"


def link_key(connection_id: int, contact_id: int) -> str:
    """What stands in the contact's field; the same as long as the installation keeps its secret key."""
    proof = salted_hmac(SALT, f"{connection_id}/{contact_id}", algorithm="sha256").hexdigest()[:LENGTH]
    return f"{contact_id}-{proof}"


def contact_of_key(connection_id: int, key: str) -> int:
    """The contact that the key was made for; 0 for any other text, a contact's bare id among them."""
    number, _, _ = key.strip().partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) < LENGTH):
        return 0
    return int(number) if constant_time_compare(link_key(connection_id, int(number)), key.strip()) else 0
