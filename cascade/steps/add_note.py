"""Write a note on the contact: what the shop did to an order that was sent."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult


def run(context: Context, args: Args) -> StepResult:
    """Write it once: its title says what happened, whatever reason the shop gives for it later."""
    if context.known.get("note_id"):
        return StepResult(result="unchanged", note="The note is there; only the reason changed.")
    note_id = context.crm.add_note(context.contact_id, args["title"], args["text"])
    return StepResult(result="created", external={"note_id": note_id})


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for a note of this very title: it names the order and what happened to it."""
    for note_id in context.crm.find_notes(context.contact_id, args["title"]):
        if not context.is_anothers("note_id", note_id):
            return StepResult(
                result="created", external={"note_id": note_id}, note="Found after a lost reply."
            )
    return None


STEP = Step(
    name="add_note",
    run=run,
    probe=probe,
    kept=True,
    exclusive=True,
    asks=("find_notes",),
    only_on="contact",
    title=("Write the note “{title}” on the contact", "Write a note on the contact"),
    results={"created": "Written"},
)
