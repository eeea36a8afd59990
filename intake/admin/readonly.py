"""Pages that show rows which only the system writes, and buttons that ask a service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mappings.admin.rights import rights_of
from mappings.admin.scoping import ScopedModelAdmin


class ButtonsAdmin(ScopedModelAdmin):
    """Pages with buttons that ask a service."""

    def may_act(self, request: HttpRequest, obj: Model) -> bool:
        """Buttons are for those who may edit the merchant's settings."""
        return rights_of(request).may_edit(self.merchant_id_of(obj))

    def action_url(self, name: str, action: Callable[[HttpRequest, Any], HttpResponse | None]) -> URLPattern:
        """The route of a button: POST only, 404 for rows of others, 403 for those who only look.

        An action that answers nothing leads back to the row's page.
        """

        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            obj = self.get_object(request, unquote(object_id))
            if obj is None or not self.may_act(request, obj):
                raise PermissionDenied
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            return action(request, obj) or self.page_of(obj)

        route = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=route)

    def page_of(self, obj: Model) -> HttpResponseRedirect:
        route = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(route, args=[quote(obj.pk)]))


class ReadOnlyAdmin(ButtonsAdmin):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def preformatted(text: str) -> SafeString:
    return format_html('<pre class="overflow-auto whitespace-pre-wrap break-all max-h-96">{}</pre>', text)
