"""``audit verify``."""

import django


def verify(_args: list[str]) -> int:
    """Check the hash chain of the audit record; exit 1 when an entry was changed, removed, cut off or slipped in."""
    django.setup()
    from nganam.audit.queries import verify_chain

    found = verify_chain()
    print(found.message)
    return 0 if found.ok else 1
