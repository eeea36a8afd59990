"""What is entered about a shop: what its platform needs, secrets that go in and never come out."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from intake.models import Poller, Source
from tests.carts.admin.test_pages import client_of, source_form
from tests.carts.admin.test_source_page import page_of, pressed, url_of
from tests.carts.arrivals import HOUR, came

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]


@pytest.fixture
def editor(person) -> Client:
    return client_of(person)


def form_of(source: Source, **changes: str) -> dict[str, str]:
    return source_form(source, platform=source.platform, **changes)


def saved(client: Client, source: Source, **changes: str) -> str:
    """Save, and what the page says then."""
    answer = client.post(url_of(source), form_of(source, **changes))
    assert (answer.status_code, answer["Location"]) == (302, url_of(source))
    source.refresh_from_db()
    return page_of(client, source)


def refused(client: Client, source: Source, **changes: str) -> str:
    answer = client.post(url_of(source), form_of(source, **changes))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_only_what_the_platform_uses_is_asked_for(shop, editor):
    page = page_of(editor, shop)
    for label in ("Signing secret", "Kennel address", "Kennel key", "Kennel secret", "Ask the shop every"):
        assert label in page
    assert "Basic authentication" not in page
    Source.objects.update(platform="api")
    page = page_of(editor, shop)
    for label in ("Signing secret", "Hook address", "Kennel address", "Ask the shop every"):
        assert label not in page


def test_a_new_shop_begins_now_and_is_told_what_it_will_need(shop, editor):
    page = " ".join(editor.get("/admin/intake/source/add/").content.decode().split())
    assert f'value="{timezone.now():%Y-%m-%d}"' in page
    assert "The secret that the shop signs its deliveries with" in page
    values = form_of(shop, connection=str(shop.connection_id), slug="second")
    answer = editor.post("/admin/intake/source/add/", values)
    added = Source.objects.get(slug="second")
    assert answer["Location"] == url_of(added)
    page = page_of(editor, added)
    assert "The signing secret is missing" in page
    assert ">Problem</span>What comes in" in page


def test_a_shop_that_signs_needs_its_secret(shop, editor):
    Source.objects.update(signing_secret="")
    assert "without it, every delivery is refused" in refused(editor, shop)
    saved(editor, shop, signing_secret="new")
    assert shop.signing_secret == "new"


def test_a_new_signing_secret_keeps_the_one_before_until_it_is_dropped(shop, editor):
    page = saved(editor, shop, signing_secret="second-secret")
    assert (shop.signing_secret, shop.signing_secret_before) == ("second-secret", "first-secret")
    assert "are still taken, until you drop it" in page
    saved(editor, shop)
    saved(editor, shop, signing_secret="second-secret")
    assert (shop.signing_secret, shop.signing_secret_before) == ("second-secret", "first-secret")
    assert "Dropped: only deliveries" in pressed(editor, shop, "drop-secret")
    shop.refresh_from_db()
    assert (shop.signing_secret, shop.signing_secret_before) == ("second-secret", "")
    assert "There was no secret before" in pressed(editor, shop, "drop-secret")


def test_deliveries_signed_with_the_secret_before_are_taken_until_it_is_dropped(shop, editor, kennel):
    body, headers = kennel.test_delivery(shop, timezone.now())
    given = {"content_type": headers.pop("Content-Type"), "headers": headers}

    def delivered() -> int:
        return Client().post("/hooks/the-token/", body, **given).status_code

    saved(editor, shop, signing_secret="second-secret")
    assert delivered() == 200
    pressed(editor, shop, "drop-secret")
    assert delivered() == 401


def test_no_secret_is_ever_in_the_page(asked, editor):
    page = saved(editor, asked, signing_secret="second-secret", **credentials(asked))
    page += refused(editor, asked, signing_secret="third-secret", shop_url="nonsense")
    for secret in ("first-secret", "second-secret", "third-secret", "api-secret-7"):
        assert secret not in page


def credentials(source: Source, **changes: str) -> dict[str, str]:
    return {"shop_url": source.shop_url, "api_user": source.api_user, **changes}


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://shop.example.com", "should begin with https://"),
        ("shop.example.com", "should begin with https://"),
        ("https://user:word@shop.example.com", "no user, password"),
        ("https://shop.example.com/?a=1", "no user, password"),
    ],
)
def test_an_address_that_cannot_be_a_shop_s_is_refused(shop, editor, url, sentence):
    assert sentence in refused(editor, shop, shop_url=url, api_user="reader", api_secret="x")


def test_a_part_of_the_credentials_is_refused(shop, editor):
    page = refused(editor, shop, shop_url="https://shop.example.com", api_user="reader")
    assert "Enter this as well (Kennel secret), or clear the others" in page


def test_saving_with_credentials_asks_the_shop(shop, editor, kennel_server):
    given = {"shop_url": f"{kennel_server.url}/", "api_user": "reader", "api_secret": "api-secret-7"}
    page = saved(editor, shop, **given)
    assert "Asked: The kennel of hounds answered." in page
    assert (shop.shop_url, shop.api_secret) == (kennel_server.url, "api-secret-7")
    assert Poller.objects.get(source=shop).due_at is not None


def test_a_shop_that_refuses_is_saved_with_a_warning_and_asked_anew_at_once(asked, editor):
    Poller.objects.create(source=asked, not_before=timezone.now() + HOUR, problem="No.", needs_person=True)
    page = saved(editor, asked, **credentials(asked, api_secret="wrong"))
    assert "Asked, and that failed: The shop refused the credentials." in page
    assert asked.api_secret == "wrong"
    poller = Poller.objects.get()
    assert poller.not_before is None
    assert poller.due_at is not None


def test_no_transaction_is_open_while_the_shop_is_asked(asked, editor, kennel_server):
    saved(editor, asked, **credentials(asked))
    assert kennel_server.asked == 1
    saved(editor, asked, shop_url="", api_user="")
    assert kennel_server.asked == 1


def test_the_credentials_are_removed_by_a_button(asked, editor):
    assert "it is not asked any more" in pressed(editor, asked, "forget")
    asked.refresh_from_db()
    assert (asked.api_user, asked.api_secret) == ("", "")
    assert "There were no credentials." in pressed(editor, asked, "forget")


def test_what_came_fixes_the_platform(shop, editor):
    saved(editor, shop)
    answer = editor.post(url_of(shop), {**form_of(shop), "platform": "ultracart"})
    assert answer.status_code == 302
    shop.refresh_from_db()
    assert shop.platform == "ultracart"
    came(shop, [timezone.now()])
    editor.post(url_of(shop), {**form_of(shop), "platform": "kennel"})
    shop.refresh_from_db()
    assert shop.platform == "ultracart"


def test_an_unknown_platform_is_told(shop, editor):
    Source.objects.update(platform="gone")
    page = page_of(editor, shop)
    assert "No platform &#x27;gone&#x27; is installed" in page
