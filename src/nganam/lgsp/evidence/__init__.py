"""The evidence of the exchange: an append-only log of the gateway's lines that verifies without our database.

Whom it serves: the parties of a call (proofs), the lead agency (verification), and anybody who keeps our checkpoints.
Layout and formats are public ones: C2SP tlog-tiles, tlog-checkpoint, signed-note and tlog-cosignature over the hashes
of RFC 6962. It knows neither Django nor the database, and decides nothing: ``collector`` is its only writer.
"""
