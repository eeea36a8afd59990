"""`docs/api.md` holds: its addresses and examples are those of the API."""

from __future__ import annotations

import json
import re

import pytest

from intake.api.batch import APPLY_SECONDS, MAX_ROWS, ROWS
from intake.api.views import NewestFirst
from intake.records import IngestOutcome
from intake.sources import KEY_OVERLAP
from tests.carts.api.test_schema import SCHEMA
from tests.factories import ApiKeyFactory
from tests.sandbox_client import ROOT

GUIDE = (ROOT / "docs" / "api.md").read_text()
WORDS = " ".join(GUIDE.split())
BATCH, RESULTS = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL))


def test_every_address_is_in_it_and_no_other():
    assert set(re.findall(r"^\| `(/api/v1/\S+)`", GUIDE, re.MULTILINE)) == set(SCHEMA["paths"])


@pytest.mark.django_db
def test_its_batch_is_answered_as_it_says(client, signals):
    ApiKeyFactory(plain="the-key")
    headers = {"HTTP_AUTHORIZATION": "Api-Key the-key"}
    answer = client.post("/api/v1/batch/", BATCH, content_type="application/json", **headers)
    assert answer.json() == RESULTS


# History is put in by a command or a person, test events by a button.
NEVER_BY_API = {IngestOutcome.KEPT, IngestOutcome.TRIED}


def test_its_numbers_and_words_are_those_of_the_code():
    assert f"list of 1 to {MAX_ROWS} rows" in WORDS
    assert f"After {APPLY_SECONDS:g} seconds of work" in WORDS
    assert f"pages of {NewestFirst.page_size}" in WORDS
    assert f"on for {KEY_OVERLAP.total_seconds() / 3600:g} hours" in WORDS
    assert all(f"`{kind}`" in WORDS for kind in ROWS)
    assert all(f"`{outcome}`" in WORDS for outcome in set(IngestOutcome) - NEVER_BY_API)


def test_the_example_shop_is_where_it_says():
    folder = ROOT / "docs" / "examples" / "django_shop"
    assert (folder / "shop_settings.py").exists()
    assert (folder / "shop" / "management" / "commands" / "send_order.py").exists()
