"""The names under which what was posted is stored."""

ORDER, HISTORY = "order", "order_history"
CART, AFFILIATE, SHIPMENT, REFUND = "cart", "affiliate", "shipment", "refund"
