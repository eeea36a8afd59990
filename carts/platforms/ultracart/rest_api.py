"""UltraCart's REST API v2: one question at a time, and what its refusals mean.

Every answer is an envelope: `{"orders": […], "success": true, "metadata": {…}}`, or one with an `error` of a
`developer_message` and a `user_message`. The API has no 403: a right that is missing is a 400 or a 401.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings

from intake.json_text import NotJson, json_read
from intake.polling.http import (
    Answer,
    answer_check,
    check_address,
    shop_get,
    shop_post,
    shop_session,
    wait_of,
)
from intake.shop_api import (
    AnswerTooLarge,
    ShopAnswerUnusable,
    ShopError,
    ShopRefused,
    ShopUnavailable,
    smaller_page,
)

API_VERSION = "2017-03-01"  # the only one so far (REST API v2, header X-UltraCart-Api-Version)
LIMIT = 200  # the most that a page of orders or affiliates may hold
MAX_PAGES = 1000

_BUSY = re.compile(r"rate of .{0,100}? exceeded|too many requests", re.I)
_SAID_MOST = 2000  # of what an error says, before it is searched
_NOT_ALLOWED = re.compile(r"permission|not authorized|unauthorized|credential|simple key|api key", re.I)
_NOT_THERE = re.compile(r"not found|does not exist|no such", re.I)
_READABLE = re.compile(r"[!-~]{1,300}")


class NotThere(ShopAnswerUnusable):
    """The account surely has nothing of that name."""


class RestApi:
    """Raises in every method: ShopUnavailable, ShopRefused, ShopAnswerUnusable."""

    def __init__(self, key: str) -> None:
        key = key.strip()
        if not _READABLE.fullmatch(key):
            raise ShopRefused("This cannot be an API key of UltraCart's: copy the simple key once more.")
        self._key = key
        self._base = f"{check_address(settings.ULTRACART_URL)}/rest/v2"
        self._session = shop_session()

    def close(self) -> None:
        self._session.close()

    def get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        url, headers = self._base + path, self._headers()
        return _envelope(shop_get(self._session, url, params=params, headers=headers, check=_check))

    def post(self, path: str, body: Any, params: Mapping[str, str]) -> dict[str, Any]:
        """Ask a question that is a JSON body; it changes nothing there."""
        url, headers = self._base + path, self._headers()
        return _envelope(shop_post(self._session, url, body, params=params, headers=headers, check=_check))

    def _headers(self) -> dict[str, str]:
        return {
            "x-ultracart-simple-key": self._key,
            "X-UltraCart-Api-Version": API_VERSION,
            "Accept": "application/json",
        }


def entries_of(envelope: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of that name; the API leaves an empty one out."""
    entries = envelope.get(name)
    if entries is None and envelope.get("success") is True:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ShopAnswerUnusable(
            "UltraCart answered something other than what was asked for.", f"It begins {envelope!r:.200}."
        )
    return entries


def listed(ask: Callable[[dict[str, str]], dict[str, Any]], name: str) -> Iterator[list[dict[str, Any]]]:
    """The pages of a list, each asked for when it is wanted. Raises: ShopAnswerUnusable if it has no end."""
    offset, limit = 0, LIMIT
    for _ in range(MAX_PAGES):
        try:
            envelope = ask({"_limit": str(limit), "_offset": str(offset)})
        except AnswerTooLarge as err:
            limit = smaller_page(limit, err)
            continue
        entries = entries_of(envelope, name)
        yield entries
        # As the answer itself says; where it says nothing, a page that is not full is the last.
        metadata = envelope.get("metadata")
        result_set = metadata.get("result_set") if isinstance(metadata, dict) else None
        more = result_set.get("more") if isinstance(result_set, dict) else None
        if not entries or not (more if isinstance(more, bool) else len(entries) >= limit):
            return
        offset += len(entries)
    raise ShopAnswerUnusable(f"UltraCart's list of {name} has no end.")


def _check(answer: Answer) -> None:
    """Take UltraCart's words where it has some, else the status. A 404 is told by `_envelope`."""
    if answer.status in (429, 408) or answer.status >= 500:
        answer_check(answer)
    if error := _error_of(answer):
        raise error
    if answer.status == 410:
        raise _refused("HTTP 410")
    answer_check(answer)


def _envelope(answer: Answer) -> dict[str, Any]:
    if answer.status == 404:
        raise NotThere("UltraCart has nothing of that name.", f"HTTP 404: {answer.body[:200]!r}")
    value = answer.json()
    if not isinstance(value, dict):
        raise ShopAnswerUnusable("UltraCart answered no object.", f"It begins {value!r:.200}.")
    return value


def _error_of(answer: Answer) -> ShopError | None:
    """What an envelope that tells of an error means; None if it tells of none."""
    try:
        value = json_read(answer.body)
    except NotJson:
        return None
    if not isinstance(value, dict) or not (value.get("error") or value.get("success") is False):
        return None
    error = value["error"] if isinstance(value.get("error"), dict) else {}
    said = _text(error.get("user_message") or error.get("developer_message") or "it gave no reason")
    detail = f"HTTP {answer.status}: {error!r:.400}"
    words = f"{said} {_text(error.get('developer_message'))}"
    if _BUSY.search(words):
        wait = wait_of(answer.headers)
        return ShopUnavailable("UltraCart asks us to wait: its limit of calls is reached.", detail, wait)
    if answer.status in (401, 403, 410) or _NOT_ALLOWED.search(words):
        return _refused(detail)
    if answer.status == 404 or _NOT_THERE.search(words):
        return NotThere(f"UltraCart answered: {said[:200]}", detail)
    return ShopAnswerUnusable(f"UltraCart did not do what was asked: {said[:200]}", detail)


def _text(said: Any) -> str:
    return f"{said:.{_SAID_MOST}}".strip() if isinstance(said, str) else ""


def _refused(detail: str) -> ShopRefused:
    return ShopRefused(
        "UltraCart refused the API key. Check the simple key, and that its application may read orders, "
        "then test again.",
        detail,
    )
