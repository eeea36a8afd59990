"""The demo: its data, its orders and bookings, its processes."""
