"""A run at work: pages read, stored with the cursor, proven and shown."""
