"""Loaded before Django's settings: with a real database given, HTTPS is on unless somebody says otherwise."""

import os

os.environ.setdefault("HTTPS", "off")
