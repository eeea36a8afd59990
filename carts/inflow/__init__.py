"""Watching what comes in: whether a shop has fallen silent, what is missing, and who is told.

```
silence ─┐
gaps ────┼─► alarms (every minute: notices)
poller ──┤
parked ──┴─► overview (the page of a source) ─► words
```
"""
