"""Append-only, hash-chained record of every deed, and the registry of actions."""
