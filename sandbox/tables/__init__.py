"""The CRM's tables and their columns."""
