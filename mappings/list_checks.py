"""Whether the users, referral partners and action sets that a merchant gave by id are there and active."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from crm.errors import NotSupported
from crm.list_records import DirectoryKind
from mappings.findings import Finding, Level
from mappings.list_search import Found, list_search
from mappings.models import AffiliateMapping, ProductActionSet, SalesRepOwner
from mappings.trial import Trial, Use, all_well, not_all, uses_of


def user_uses(trial: Trial) -> dict[int, list[Use]]:
    """Where each user of the CRM is named as an owner."""
    owners = (
        (row.user_id, Use("sales_reps", row.code, f", the owner for the sales rep {row.code}"))
        for row in trial.mapped.of(SalesRepOwner)
    )
    of_affiliates = trial.connection.affiliate_owner_id
    own = (
        [(of_affiliates, Use("affiliate_owner_id", by=", the owner of affiliates"))] if of_affiliates else []
    )
    return uses_of([*own, *owners])


def user_findings(trial: Trial) -> Iterator[Finding]:
    """Look every owner up among the users; an inactive one would own contacts that nobody looks after."""
    uses = user_uses(trial)
    cure = "Give the id of an active user: Admin, Users in the CRM."
    yield from _listed_findings(trial, DirectoryKind.USER, uses, ("user", "users"), cure)


def partner_uses(trial: Trial) -> dict[int, list[Use]]:
    return uses_of(
        (
            row.crm_affiliate_id,
            Use(
                "affiliate_mappings", row.shop_affiliate, f", mapped from the affiliate {row.shop_affiliate}"
            ),
        )
        for row in trial.mapped.of(AffiliateMapping)
    )


def partner_findings(trial: Trial) -> Iterator[Finding]:
    """Look every mapped referral partner up."""
    words = ("referral partner", "referral partners")
    cure = "Give the partner's id from the CRM, not its code."
    yield from _listed_findings(trial, DirectoryKind.AFFILIATE, partner_uses(trial), words, cure)


def action_set_uses(trial: Trial) -> dict[int, list[Use]]:
    """Where each action set is named; nowhere over REST, which has none and says so by itself."""
    connection = trial.connection
    if connection.protocol == connection.Protocol.REST:
        return {}
    own = connection.contact_action_set_id
    return uses_of(
        [
            *([(own, Use("contact_action_set_id"))] if own else []),
            *(
                (
                    row.action_set_id,
                    Use("product_action_sets", row.item_id, f", run for the item {row.item_id}"),
                )
                for row in trial.mapped.of(ProductActionSet)
            ),
        ]
    )


def action_set_findings(trial: Trial) -> Iterator[Finding]:
    """Look every action set up, where the protocol lists them."""
    uses = action_set_uses(trial)
    words, cure = ("action set", "action sets"), "Take the id from the CRM's list of action sets."
    try:
        yield from _listed_findings(trial, DirectoryKind.ACTION_SET, uses, words, cure)
    except NotSupported as err:
        for places in uses.values():
            yield Finding(Level.WARNING, places[0].field, f"Not probed: {err.message}", unsure=True)
            return


def _listed_findings(
    trial: Trial,
    kind: DirectoryKind,
    uses: Mapping[int, Sequence[Use]],
    words: tuple[str, str],
    cure: str,
) -> Iterator[Finding]:
    if not uses:
        return
    found = list_search(trial, kind, ids=uses.keys())
    wrong = [
        finding
        for crm_id, places in uses.items()
        for finding in _of_id(crm_id, places, found, words[0], cure)
    ]
    yield from wrong
    unasked = []
    if not found.complete:
        unasked = [use.field for key, places in uses.items() if key not in found.by_id for use in places]
    for field in dict.fromkeys(unasked):
        yield not_all(field, words[1])
    yield from all_well(uses, wrong, words[1], unasked=unasked)


def _of_id(crm_id: int, places: Sequence[Use], found: Found, word: str, cure: str) -> Iterator[Finding]:
    record = found.by_id.get(crm_id)
    for use in places:
        if record is None and found.complete:
            sentence = f"The CRM has no {word} with the id {crm_id}{use.by}. {cure}"
            yield use.finding(Level.ERROR, sentence)
        elif record is not None and not record.active:
            name = f" ({record.name})" if record.name else ""
            yield use.finding(
                Level.WARNING, f"The {word} {crm_id}{name}{use.by} is inactive in the CRM. {cure}"
            )
