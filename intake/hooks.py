"""Where shops deliver: the token names the source, the source names the platform."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from intake.deliveries import delivery_take
from intake.models.events import InboundEvent
from intake.registry import platform_get
from intake.request_body import BodyRefused, body_read
from intake.sources import source_by_token


@method_decorator(csrf_exempt, name="dispatch")
class HookView(View):
    """Store what was delivered, then answer; it is read later.

    So garbage from an authenticated sender is answered 200, and is parked where a person sees it.
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        source = source_by_token(token)
        platform = platform_get(source.platform) if source else None
        if source is None or platform is None:
            return _answer(404, "There is no hook at this address.")
        if not platform.takes_hooks:
            return _answer(400, f"This source takes no deliveries here: {platform.title}.")
        try:
            body = body_read(request)
        except BodyRefused as err:
            return _answer(err.status, err.message)
        if platform.is_greeting(request.headers, body):
            return _answer(200, "This address takes deliveries.")
        if not platform.authenticate(source, request.headers, body):
            if platform.signs:
                return _answer(
                    401, "The signature is not one made with the signing secret set for this source."
                )
            refusal = _answer(401, "The user or password is not the one set for this source.")
            refusal["WWW-Authenticate"] = 'Basic realm="Cascader", charset="UTF-8"'
            return refusal
        stored = delivery_take(source, platform, body, request.headers, InboundEvent.Channel.WEBHOOK)
        known = {} if stored.is_new else {"repeated": True}
        return JsonResponse({"stored": stored.event.pk, **known})


def _answer(status: int, message: str) -> JsonResponse:
    return JsonResponse({"detail": message}, status=status)
