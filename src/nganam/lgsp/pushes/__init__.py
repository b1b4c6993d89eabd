"""Records pushed into the warehouse through the LGSP: whose application may, and what becomes of a push."""
