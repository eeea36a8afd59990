"""The one exception to the content security policy: the admin's pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

ADMIN_ADDITIONS = {
    # Unfold's pages are written for Alpine, which evaluates the expressions in their attributes …
    "script-src": ["'unsafe-eval'"],
    # … and writes style attributes. Style elements stay forbidden,
    "style-src-attr": ["'unsafe-inline'"],
    # but for the two of its pages, as they are: the theme's colours, and htmx's indicator. A new release of
    # Unfold or other UNFOLD["COLORS"] change them; the browser's console then names the new ones.
    "style-src": [
        "'sha256-cOSGR36ZmKR+/t8cp1LqYUynVeJB4ybaoilMV3aybfg='",
        "'sha256-bsV5JivYxvGywDAZ22EZJKBFip65Ng9xoJVLbBg7bdo='",
    ],
}


class AdminPolicy:
    """Allows the admin's pages what their scripts need. Stands after `csp.middleware.CSPMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            response._csp_update = ADMIN_ADDITIONS  # type: ignore[attr-defined]  # read by django-csp
        return response
