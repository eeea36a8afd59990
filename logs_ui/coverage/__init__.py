"""Which items of a shop the CRM knows."""
