"""Data sets: what is pulled from the CRM, its rows, changes and runs, and making one."""
