"""Scans for state-secret marks and personal data before data is shared (S1.2, S4, S10, S27, D20).

Serves the rooms that let data out (warehouse, open data, services) and the police role, who is told of a secrecy mark.
Keeps what kind was found where and how often, never the content itself. It decides nothing about law: whether personal
data may be shared is settled in the room that shares it.
"""
