"""The demo: its data, its orders, its processes."""
