"""Watching the exchange: tallies of calls, quality promised and real, rules that open incidents, figures for programs.

Everything here reads tallies (``tallying``), never the rows of calls: a page costs the same after a million of them.
"""
