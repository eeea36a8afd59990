"""Quotas and rates, as the CRM counts them."""
