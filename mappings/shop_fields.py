"""What a shop knows beside an order's own data, and a merchant may map to custom fields of the CRM."""

from __future__ import annotations

FIELD_KEYS = ("advertising_source", *(f"custom_field{number}" for number in range(1, 11)))
FIELD_LENGTH = 200
