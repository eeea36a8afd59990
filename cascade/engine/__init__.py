"""One run of one replication: it knows steps and a kind, no shop and no order."""
