"""The open tier: open data read through the gateway without a token, within a fair limit, or with a key of its own.

A provider offers, the lead agency opens; either closes. What is served follows the register: the table's open dataset
must stand published, and a field that became personal data is left out at once.
"""
