"""The query language of table reports: read once, with the same meaning over every protocol."""
