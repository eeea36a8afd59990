"""What plans share: settings, look-ups, the contact, tags, field values."""
