"""Sharing of data between agencies (S9, S11, S16, S17, D33-D46, D51). The pattern other rooms copy.

A family of deeds has a folder of its own, each with the files of a room: ``requests`` (SM1), ``agreements`` (SM2),
``outside`` (SM3), ``accounts`` (SM10), ``delegations`` (D40.2), ``suspensions`` (SM11).
It does not publish services (``services``), configure the gateway or issue keys (``lgsp``), or settle difficulties
(``disputes``).
"""
