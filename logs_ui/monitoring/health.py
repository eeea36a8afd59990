"""For monitoring: is the process alive, may it get requests, how is the work going."""

from __future__ import annotations

from functools import cache
from hmac import compare_digest

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from logs_ui.monitoring.metrics import metrics_text


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and knows every migration of this code. Details stay in the log."""
    try:
        missing = unapplied_migrations()
    except DatabaseProblem:
        return _not_ready("The database does not answer.")
    if missing:
        return _not_ready(f"{len(missing)} migrations are not applied. Run: manage.py migrate")
    return JsonResponse({"status": "ready"})


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Open to all, or, with METRICS_TOKEN set, to requests that bring it."""
    wanted = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if wanted and not compare_digest(given.encode(), f"Bearer {wanted}".encode()):
        return HttpResponse("Bring METRICS_TOKEN as a Bearer token.\n", content_type="text/plain", status=401)
    try:
        return HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)
    except DatabaseProblem:
        return HttpResponse("The database does not answer.\n", content_type="text/plain", status=503)


def unapplied_migrations() -> set[tuple[str, str]]:
    """Migrations of this code that the database has not seen; one look at its table of migrations."""
    return set(_known_migrations() - MigrationRecorder(connection).applied_migrations().keys())


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """What is on disk does not change while the process lives."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def _not_ready(problem: str) -> JsonResponse:
    return JsonResponse({"status": "not ready", "problem": problem}, status=503)
