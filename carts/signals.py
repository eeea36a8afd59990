"""What a shop's data may start. Sent by `carts.ingest` inside the transaction that stored the row.

Each is sent with the saved row (`order`, `cart`, `affiliate` or `shipment`) and `event` (the InboundEvent, or
None). An exception in a receiver rolls the ingest back; the event is then parked. `cascade.shop.receivers` is
the only receiver here.
"""

from django.dispatch import Signal

order_received = Signal()  # any stage, every accepted version
order_completed = Signal()  # the first version past payment
order_changed = Signal()  # a newer version, a refund or a cancellation of an order that was completed before
cart_abandoned = Signal()  # a new version of an abandoned cart, or an order that shows it was bought
affiliate_registered = Signal()  # a new version of an affiliate
order_shipped = Signal()  # a new version of a shipment, whether its order is known or not
