"""Shared databases, their data items and the issued editions of the catalogue (S5, S6, S9.2, D11, D22, D34.2).

Serves the agencies that declare databases, the lead agency that assesses and compiles, the Chairman who issues, and
everybody who reads the issued catalogue. An issued edition is a frozen copy: later edits never change it. It does not
hold data (``warehouse``) and does not publish services (``services``).
"""
