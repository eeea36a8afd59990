"""What a shop's data may start. Sent by `carts.services` inside the transaction that stored the row.

Each is sent with `order` (a saved `carts.models.Order`) and `event` (the InboundEvent, or None). An exception
in a receiver rolls the ingest back; the event is then parked. `cascade.receivers` is the only receiver here.
"""

from django.dispatch import Signal

order_received = Signal()  # any stage, every accepted version
order_completed = Signal()  # the first version past payment
order_changed = Signal()  # a newer version of an order that was completed before
