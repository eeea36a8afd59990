"""The preview page: what a run would send now. It asks the CRM for names, so a person starts it by POST."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cascade.engine.kinds import KINDS
from cascade.errors import SubjectAwaited
from cascade.models import Replication
from cascade.services import replication_calls, replication_preview
from crm.errors import CrmError
from logs_ui.log import display, selectors
from logs_ui.log.presenters import Remark, cure_of
from logs_ui.log.subjects import subject_of
from logs_ui.preview import preview
from mappings.selectors import may_edit_settings, may_resend

TOO_MANY = "Previews of this connection have asked the CRM too often just now. Try again in a minute."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preview_page(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows the page with its button and asks nobody; POST shows the preview."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("logs_ui:preview", args=[pk]))
    row = get_object_or_404(selectors.replication_detail(request.user), pk=pk)
    merchant_id = row.connection.merchant_id
    may_edit = may_edit_settings(request.user, merchant_id)
    may_preview = may_edit or may_resend(request.user, merchant_id)
    if request.method == "POST" and not may_preview:
        context: dict[str, Any] = {"connection": row.connection, "right": "Resend"}
        return render(request, "logs_ui/right_missing.html", context, status=403)
    context = {"row": row, "subject": subject_of(row), "may_preview": may_preview}
    status = 200
    if request.method == "POST":
        if preview.too_many(row):
            context["problem"], status = TOO_MANY, 429
        else:
            context |= _preview(row, may_edit)
    return render(request, "logs_ui/preview.html", context, status=status)


def _preview(row: Replication, may_edit: bool) -> dict[str, Any]:
    """The plan as it would be made now, or the sentence that says why there is none."""
    subject = KINDS[row.kind].subject_of(row)
    if subject is None:
        return {"problem": "What this replication is about is no longer stored, so there is nothing to send."}
    try:
        trigger = row.triggered_by if row.state in Replication.OPEN else Replication.Trigger.RESEND
        plan = replication_preview(subject, without_automation=row.without_automation, trigger=trigger)
        calls = preview.calls_preview(replication_calls(subject, plan))
    except SubjectAwaited as error:
        return {"problem": error.message}
    except CrmError as error:
        cure = cure_of(row, error.setting, may_edit) if error.setting else None
        return {"problem": f"The CRM could not be asked: {error.message}", "cure": cure}
    steps = preview.steps_preview(plan, selectors.journal_of(row))
    verdict = plan.verdict
    return {
        "plan": plan,
        "decisions": [Remark(level=item.level, text=item.text) for item in plan.decisions],
        "steps": steps,
        "news": sum(step.state in ("new", "differs") for step in steps),
        "verdict": verdict,
        "verdict_label": display.state_words(verdict.state).label if verdict else "",
        "cure": cure_of(row, verdict.setting, may_edit) if verdict and verdict.setting else None,
        "calls": calls,
    }
