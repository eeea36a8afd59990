"""What holds for every request, before any page or address reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from mappings.batch.files import MOST_BYTES
from mappings.encrypted import DecryptionFailed

MACHINES = ("/api/", "/hooks/")
ANONYMOUS_BYTES = 64 * 1024  # of a log-in
UPLOAD_BYTES = MOST_BYTES + 64 * 1024  # the largest file, with what the form says beside it
UPLOADS = frozenset({"intake_source_import_history", "mappings_connection_batch"})

Respond = Callable[[HttpRequest], HttpResponseBase]


class Doorkeeper:
    """Refuses what no page can use, and says how answers are to be kept. Stands first."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        for_machines = request.path_info.startswith(MACHINES)
        if "%00" in request.META.get("QUERY_STRING", "") and not for_machines:
            return _plain(400, "The address holds a character that cannot be searched for (NUL).")
        if for_machines and settings.HTTPS and not request.is_secure():
            # A redirect would hide that the credential has just crossed the network in clear.
            return _refusal(403, "Use https:// for this address, and change the credential.")
        response = self.get_response(request)
        if for_machines:
            response.headers.setdefault("Cache-Control", "no-store")
        if request.path_info == "/admin/logout/" and request.method == "POST":
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response


class BodyLimit:
    """A body is refused by its length before a byte of it is read, or written to a temporary file.

    Hooks and the REST API count for themselves. Stands before the CSRF middleware, which reads forms.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if request.path_info.startswith(MACHINES):
            return None
        length = int(announced[:20]) if announced.isascii() and announced.isdigit() else 0
        if length <= ANONYMOUS_BYTES:
            return None
        match = request.resolver_match
        is_upload = match is not None and match.url_name in UPLOADS
        most = UPLOAD_BYTES if is_upload else settings.MAX_BODY_BYTES
        if length <= most and request.user.is_authenticated:
            return None
        return _plain(413, "What was sent is larger than this page takes.")


class SecretsSealed:
    """A page that needs a stored secret which no key opens says so, instead of failing."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DecryptionFailed):
            return None
        if request.path_info.startswith(MACHINES):
            return _refusal(503, "A stored secret cannot be opened here. Try again later.")
        return render(request, "sealed.html", status=503)


def _refusal(status: int, sentence: str) -> JsonResponse:
    return JsonResponse({"detail": sentence}, status=status)


def _plain(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
