"""Watching what comes in: whether a shop has fallen silent, what waits, and who is told.

```
silence ─┐
poller ──┼─► alarms (every minute: notices) ◄─ watches that apps register, such as gaps
parked ──┴─► overview (the page of a source) ─► words
```
"""
