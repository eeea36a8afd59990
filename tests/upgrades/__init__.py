"""The database as it was, a dump of each version of its tables, and what brings it up to date."""
