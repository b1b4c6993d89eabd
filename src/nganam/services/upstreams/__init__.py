"""Agencies' own systems: where they are, what may be done there, what they answer. Services stand over them."""
