"""``prepare``: build the front end and the translations again."""

from nganam.site import prepare


def run(args: list[str]) -> int:
    """Build what is named (``assets``, ``messages``), or both."""
    unknown = [name for name in args if name not in prepare.STEPS]
    if unknown:
        print("Cách dùng: ./nganam prepare [assets] [messages]")
        return 2
    return prepare.main(args)
