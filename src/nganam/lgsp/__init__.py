"""Compiles the gateway, issues credentials and tokens, keeps the exchange log, monitors (S9, S12, S15, D40, D45).

Whom it serves: consumers (credentials, tokens), providers and the lead agency (monitoring), and the gateway itself,
which gets files (``envoy``, ``swapping``, ``gateway``) and gives back a log (``logbook``). It decides nothing: services
are published and accounts granted elsewhere; here they take effect within a second (``publishing``, ``keeper``).
"""
