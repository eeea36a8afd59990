"""Rotating a key of the REST API: the new one is shown once, the old one goes on for a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from intake.models import ApiKey
from intake.sources import KEY_OVERLAP, api_key_rotate, token_hash
from tests.carts.admin.test_pages import at, member
from tests.factories import ApiKeyFactory, SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

LIST = at("apikey/")
ORDERS = "/api/v1/orders/"


@pytest.fixture
def key() -> ApiKey:
    return ApiKeyFactory(plain="the-old-key", name="Till")


def url_of(key: ApiKey, button: str = "rotate") -> str:
    return f"{LIST}{key.pk}/{button}/"


def rotate(key: ApiKey) -> str:
    """The new key, as the page shows it."""
    response = member(key.source).post(url_of(key))
    assert response.status_code == 200
    return response.content.decode().split('id="new-key">')[1].split("<")[0]


def asks(plain: str) -> int:
    return Client().get(ORDERS, HTTP_AUTHORIZATION=f"Api-Key {plain}").status_code


def test_the_new_key_is_shown_once_and_the_old_one_gets_an_end(key):
    client = member(key.source)
    before = timezone.now()
    response = client.post(url_of(key))
    page = response.content.decode()
    plain = page.split('id="new-key">')[1].split("<")[0]
    assert "no-store" in response["Cache-Control"]
    assert key.prefix in page
    new = ApiKey.objects.exclude(pk=key.pk).get()
    assert (new.source, new.name, new.key_hash) == (key.source, "Till", token_hash(plain))
    assert (new.expires_at, new.revoked_at) == (None, None)
    key.refresh_from_db()
    assert before + KEY_OVERLAP <= key.expires_at <= timezone.now() + KEY_OVERLAP
    assert plain not in client.get(f"{LIST}{new.pk}/change/").content.decode()
    messages = LogEntry.objects.order_by("id").values_list("object_id", "change_message")
    assert [pk for pk, _ in messages] == [str(key.pk), str(new.pk)]
    assert not any(plain in message for _, message in messages)


def test_both_keys_open_until_the_old_one_ends(key):
    new = rotate(key)
    assert (asks("the-old-key"), asks(new)) == (200, 200)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    assert (asks("the-old-key"), asks(new)) == (401, 200)
    refusal = Client().get(ORDERS, HTTP_AUTHORIZATION="Api-Key the-old-key").json()["detail"]
    assert "past its end because a new key took its place" in refusal


def test_a_key_is_rotated_once(key):
    rotate(key)
    response = member(key.source).post(url_of(key))
    assert response.status_code == 302
    assert ApiKey.objects.count() == 2


def test_a_revoked_key_is_not_rotated(key):
    ApiKey.objects.update(revoked_at=timezone.now())
    assert api_key_rotate(key) is None
    assert "/rotate/" not in member(key.source).get(f"{LIST}{key.pk}/change/").content.decode()
    assert ApiKey.objects.get().expires_at is None


def test_a_rotated_key_may_still_be_revoked(key):
    rotate(key)
    page = member(key.source).get(f"{LIST}{key.pk}/change/").content.decode()
    assert "/revoke/" in page and "/rotate/" not in page
    member(key.source).post(url_of(key, "revoke"))
    assert asks("the-old-key") == 401


def test_only_who_may_edit_rotates_and_only_by_a_post(key):
    looker, editor = member(key.source, edits=False), member(key.source)
    assert "/rotate/" in editor.get(f"{LIST}{key.pk}/change/").content.decode()
    assert "/rotate/" not in looker.get(f"{LIST}{key.pk}/change/").content.decode()
    assert looker.post(url_of(key)).status_code == 403
    assert editor.get(url_of(key)).status_code == 405
    stranger = member(SourceFactory())
    assert stranger.post(url_of(key)).status_code == stranger.get(url_of(key)).status_code == 404
    assert ApiKey.objects.get().expires_at is None


def test_the_list_shows_when_it_ends_and_whether_it_is_still_used(key):
    client = member(key.source)
    assert "In use" in client.get(LIST).content.decode()
    api_key_rotate(key)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now() - timedelta(minutes=5))
    page = client.get(LIST).content.decode()
    assert "Ends " in page and "Yes: give that program the new key" not in page
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now() + timedelta(seconds=1))
    assert "Yes: give that program the new key" in client.get(LIST).content.decode()
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    assert "Ended " in client.get(LIST).content.decode()
