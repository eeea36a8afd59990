"""The platforms' bookings beside the appointments that the CRM got."""
