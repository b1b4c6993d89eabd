"""``help`` and ``version``."""

from importlib import metadata

from nganam.site.commands import overview


def help_(_args: list[str]) -> int:
    """Print every command with one line."""
    print(overview())
    return 0


def version(_args: list[str]) -> int:
    """Print the version."""
    print("nganam", metadata.version("nganam"))
    return 0
