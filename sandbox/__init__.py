"""A stand-in for the CRM: its own process, real HTTP, everything in memory.

It answers as the CRM's documentation and recorded traffic say; what they leave open is listed in
docs/sandbox.md and, where two answers are plausible, switchable in `sandbox.options`.
Nothing here is imported by the product and nothing of the product is imported here, so a mistaken
belief about the wire cannot be shared by both sides.
"""
