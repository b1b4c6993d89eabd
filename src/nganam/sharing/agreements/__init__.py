"""Agreements on special sharing (SM2): asked, agreed item by item, signed, amended, joined, ended (S11, D36-D39)."""
