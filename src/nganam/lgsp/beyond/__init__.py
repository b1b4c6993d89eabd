"""Platforms beyond the province (NDXP/NGSP, another province's LGSP): declared, connected both ways (S17.4, D46).

What of a real platform is not known stays empty and is shown as unknown; a direction whose needs are unknown does not
go live. The contract is written down in ``docs/national-platform.md``.
"""
