"""What becomes of an order."""
