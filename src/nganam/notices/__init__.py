"""Outbox of events, in-app notices and mail."""
