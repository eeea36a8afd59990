"""Many orders of a time, sent again or for the first time."""
