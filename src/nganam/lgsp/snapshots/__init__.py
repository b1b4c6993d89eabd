"""Snapshots of the gateway: what was published when, by whose decision; how two differ; going back to one.

A snapshot is everything the gateway and the data server are told, under one number and one digest. The row says when
and why, a file beside the database keeps what was told (``archive``).
"""
