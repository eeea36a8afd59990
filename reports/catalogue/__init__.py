"""Every report that may be pulled: what it asks of the CRM over each protocol, and what comes back."""
