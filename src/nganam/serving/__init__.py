"""The data server's process: reads snapshots and replicas, answers look-ups and pages. No Django here.

It stands behind the gateway and knows only three things, all of them files other processes replace whole: the snapshot
(services, and which consumer may see which fields), the replicas of the served tables, and the secret by which it knows
that a request came through the gateway. Start it with ``granian --interface asgi nganam.serving.app:application``.
"""
