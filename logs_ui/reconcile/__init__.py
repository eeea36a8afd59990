"""The shop's orders beside the CRM's."""
