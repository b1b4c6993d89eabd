"""Agencies over time, their codes, successors, postings and focal points (S2, S20-S22, D7).

Serves every room above: who acts (``queries.actor_for``), which agency leads on a day, where a commune went. An agency
is never deleted: it ends on a day and names its successors, so that what it did stays readable. It does not know what
the agencies own (databases, services): the rooms above fill those parts of a page.
"""
