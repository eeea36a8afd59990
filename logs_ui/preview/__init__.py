"""What an order would do, without a call."""
