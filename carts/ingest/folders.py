"""In which folder of the shop an item lies, as the shop's API tells it."""

from __future__ import annotations

from carts.record_data import ItemFolderData
from intake.merging import IngestOutcome
from intake.models.sources import Source
from mappings.models import ItemFolder


def item_folder_ingest(source: Source, data: ItemFolderData) -> IngestOutcome:
    """Keep it for the goals that are set for a folder. What a person entered is left alone. Repeat: safe."""
    rows = ItemFolder.objects.filter(connection=source.connection_id, item_id=data.item_id)
    known = rows.first()
    if known is not None and (not known.from_shop or known.folder_id == data.folder_id):
        return IngestOutcome.REPEATED
    if not data.folder_id:
        return IngestOutcome.UPDATED if rows.filter(from_shop=True).delete()[0] else IngestOutcome.REPEATED
    values = {"folder_id": data.folder_id, "from_shop": True}
    ItemFolder.objects.update_or_create(
        connection_id=source.connection_id, item_id=data.item_id, defaults=values
    )
    return IngestOutcome.UPDATED if known else IngestOutcome.CREATED
