"""The JSON of `intake.party`."""

from __future__ import annotations

from intake.api.fields import StrictSerializer, TextField, TextsField


class PartySerializer(StrictSerializer):
    """Who is billed or shipped to, and where."""

    first_name = TextField(max_length=300)
    last_name = TextField(max_length=300)
    title = TextField(max_length=300)
    company = TextField(max_length=300)
    phones = TextsField(text_length=60, max_length=10)
    street1 = TextField(max_length=300)
    street2 = TextField(max_length=300)
    city = TextField(max_length=300)
    region = TextField(max_length=300)
    postal_code = TextField(max_length=60)
    country = TextField(max_length=60, help_text="ISO 3166 code of two letters.")
