"""The list of replications, and one of them."""
