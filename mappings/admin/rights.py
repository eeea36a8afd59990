"""What the person behind a request may see and change, read once per request."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from mappings.selectors import memberships_of, sees_all

_KEPT_AS = "_mappings_rights"


@dataclass(frozen=True, slots=True)
class Rights:
    """`everything` is a superuser's; the others name merchants by id."""

    everything: bool = False
    visible: frozenset[int] = frozenset()
    editable: frozenset[int] = frozenset()

    def may_view(self, merchant_id: int | None) -> bool:
        return self.everything or merchant_id in self.visible

    def may_edit(self, merchant_id: int | None) -> bool:
        return self.everything or merchant_id in self.editable


def rights_of(request: HttpRequest) -> Rights:
    """The rights of the request's person; none for anyone who is not active staff."""
    kept = request.__dict__.get(_KEPT_AS)
    if isinstance(kept, Rights):
        return kept
    rights = request.__dict__[_KEPT_AS] = _read(request)
    return rights


def _read(request: HttpRequest) -> Rights:
    user = request.user
    if sees_all(user):
        return Rights(everything=True)
    rows = list(memberships_of(user).values_list("merchant_id", "can_edit_settings"))
    return Rights(
        visible=frozenset(merchant for merchant, _ in rows),
        editable=frozenset(merchant for merchant, edits in rows if edits),
    )
