"""Health and figures for machines."""
