"""The compiler of the gateway: what has been decided becomes Envoy's files. Pure: no Django, no clock, no disk.

``compile_gateway`` takes a ``Gateway`` and returns file names and JSON values; ``nganam.lgsp.swapping`` checks and
writes them. Requests, tokens, limits and refusals are then Envoy's work alone: no Python stands in the way of a call.
"""
