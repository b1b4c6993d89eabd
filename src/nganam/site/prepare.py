"""Builds what a checkout does not hold: the front end and the compiled translations. Called by the launcher.

Needs no Django: it runs before anything is configured.
"""

import importlib
import importlib.util
import sys
import time
from collections.abc import Callable

from nganam.kernel.errors import NganamError
from nganam.site.env import ROOT


def build_assets() -> None:
    """Build the front end with node from its Python package."""
    if importlib.util.find_spec("nganam.face.assets"):
        importlib.import_module("nganam.face.assets").build(ROOT)


def build_messages() -> None:
    """Compile the translations."""
    if importlib.util.find_spec("nganam.face.messages"):
        importlib.import_module("nganam.face.messages").compile_mo()


STEPS: dict[str, tuple[str, Callable[[], None]]] = {
    "assets": ("dựng giao diện", build_assets),
    "messages": ("biên dịch bản dịch", build_messages),
}


def main(names: list[str]) -> int:
    """Do the named steps (all when none is named)."""
    for name in names or list(STEPS):
        title, step = STEPS[name]
        sys.stderr.write(f"nganam: {title}…\n")
        began = time.monotonic()
        try:
            step()
        except NganamError as error:
            sys.stderr.write(f"nganam: {error.message}\n        {error.hint}\n")
            return 1
        sys.stderr.write(f"nganam: {title} xong sau {time.monotonic() - began:.1f} giây\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
