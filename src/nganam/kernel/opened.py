"""Names by which a call of the open tier is told from one with a token, the same in every process."""

SUFFIX = ".mo"
ANONYMOUS = "anonymous"
"""Who calls without a token, in the log and for the data server; no agency of ours has a code in small letters."""


def open_twin_of(code: str) -> str:
    """Return the code under which the data server knows what of a service is open; no service of ours has a dot."""
    return code + SUFFIX


def caller_of(key: str) -> str:
    """Return who calls with a key of the open tier: it has the form of AGENCY/APPLICATION."""
    return f"{ANONYMOUS}/{key}"
