"""What the product costs beside others that do the same work: `make bench`, docs/performance.md."""
