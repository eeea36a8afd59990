"""One request: sent once, bounded, observed, redacted."""
