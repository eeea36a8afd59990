"""What people must hear of, and the mails."""
