"""The APIs of booking platforms answer what was loaded, and tell what they were asked."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox_client import Sandbox

PATH = "acuity/api/v1/appointments/1"


def get(sandbox: Sandbox, path: str = PATH, **request: Any) -> requests.Response:
    return requests.get(f"{sandbox.url}/platforms/{path}", timeout=5, **request)


def test_a_reply_is_given_until_another_takes_its_place_or_all_are_forgotten(sandbox):
    assert get(sandbox).status_code == 404
    sandbox.control("POST", "platforms", {"path": PATH, "body": {"id": 1}})
    assert get(sandbox).json() == {"id": 1}
    busy = {"path": PATH, "status": 429, "headers": {"Retry-After": "7"}, "body": "wait"}
    assert (
        sandbox.control("POST", "platforms", [busy, {"path": f"{PATH}?past=1", "body": []}])["replies"] == 2
    )
    answer = get(sandbox)
    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (429, "7", "wait")
    assert get(sandbox, params={"past": "1"}).json() == []
    sandbox.control("DELETE", "platforms")
    assert get(sandbox).status_code == 404


def test_what_was_asked_is_told_with_the_key_it_was_asked_with(sandbox):
    get(sandbox, headers={"API-Key": "a key", "Cookie": "no"}, params={"a": "b"})
    (asked,) = sandbox.control("GET", "platforms")["asked"]
    assert (asked["verb"], asked["path"], asked["query"]) == ("GET", f"/{PATH}", "a=b")
    assert asked["headers"]["api-key"] == "a key"
    assert "cookie" not in asked["headers"]


@pytest.mark.parametrize(
    "wrong", [{}, {"path": ""}, {"path": PATH, "headers": []}, {"path": PATH, "reply": 1}]
)
def test_a_wrong_reply_is_refused_with_a_reason(sandbox, wrong):
    with pytest.raises(RuntimeError):
        sandbox.control("POST", "platforms", wrong)
