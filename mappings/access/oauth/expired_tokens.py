"""Tells a token that ran out in the middle of a run from one that a person must replace."""

from __future__ import annotations

from crm.errors import TransientError
from crm.http.observe import Call, CallObserver, CallOutcome
from mappings.access.oauth.tokens import token_refused

UNAUTHORIZED = 401
OUTDATED = "oauth-outdated"


class ExpiredTokenObserver:
    """Watches calls made with one version of a connection's tokens, in front of the caller's own observer.

    Raises from `finished`: TransientError in place of the refusal, if a newer token is there or can be had:
    the CRM did nothing, and the next try goes out with the new one.
    """

    def __init__(self, observer: CallObserver, connection_id: int, version: int) -> None:
        self.observer = observer
        self.connection_id = connection_id
        self.version = version

    def sending(self, call: Call) -> None:
        self.observer.sending(call)

    def finished(self, outcome: CallOutcome) -> None:
        self.observer.finished(outcome)
        if outcome.http_status == UNAUTHORIZED and token_refused(self.connection_id, self.version):
            raise TransientError(
                "The access token at the CRM ran out in the middle. It is renewed and the rest sent; nothing "
                "needs to be done.",
                label=OUTDATED,
                retry_after_seconds=1,
            )
