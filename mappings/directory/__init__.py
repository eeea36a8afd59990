"""Our copy of the CRM's lists, names, custom fields and prices."""
