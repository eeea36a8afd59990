"""Which reply is which error, as tables."""
