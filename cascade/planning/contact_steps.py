"""The steps on a contact that several plans share: its tags and its owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cascade.plan import Draft, PlannedStep
from cascade.planning.rules import Names, Rules


def product_tag_names(item_ids: Iterable[str], rules: Rules) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for item in item_ids for name in rules.product_tags.get(item, ())))


def tag_steps(draft: Draft, tags: Iterable[str], names: Names) -> Iterator[PlannedStep]:
    """One step for each tag that the CRM has; the others are named in the log."""
    seen: set[int] = set()
    for name in tags:
        found = names.tags.get(name)
        if found is None or found.crm_id is None:
            draft.say(
                f"Tag “{name}” is not in the CRM, so it was not applied. Create it there or correct the name "
                "on the settings page, then resend.",
                "error",
            )
            continue
        if found.matches > 1:
            draft.say(f"The CRM has {found.matches} tags named “{name}”: the oldest is used.", "warning")
        if found.crm_id in seen:
            continue
        seen.add(found.crm_id)
        args = {"tag_id": found.crm_id, "name": name}
        yield PlannedStep(name=f"tag:{found.crm_id}", kind="apply_tag", args=args, needs=("contact",))


def owner_step(
    draft: Draft, owner_id: int, names: Names, *, where: str, name: str = "owner"
) -> Iterator[PlannedStep]:
    """Over XML-RPC the CRM takes any number for an owner, so one that is no user there is left out here."""
    if owner_id in names.absent_users:
        draft.say(
            f"User {owner_id} is no active user of the CRM, so the contact's owner was left as it is. Give "
            f"another User ID under {where}, then resend.",
            "warning",
        )
        return
    yield PlannedStep(name=name, kind="set_owner", args={"owner_id": owner_id}, needs=("contact",))
