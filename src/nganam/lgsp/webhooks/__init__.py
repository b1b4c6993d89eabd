"""Push of change events: a table that a service serves has a new version, and who may call the service is told.

Messages are signed as Standard Webhooks says (``webhook-id``, ``webhook-timestamp``, ``webhook-signature: v1,…``). They
hold no data, only that there is a new version and where to read it.
"""
