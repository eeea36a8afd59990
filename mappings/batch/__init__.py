"""Mappings of many items at once, out to a spreadsheet and back: `docs/batch.md` has the file's format."""
