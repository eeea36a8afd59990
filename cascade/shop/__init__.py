"""The shop's four kinds of replication, one file each."""
