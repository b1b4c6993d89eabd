"""A mypy plugin: what our middleware puts on every request (``actor``, ``at``, ``request_id``) has a type.

Without it each view would need a cast or a silenced error for ``request.actor``.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mypy.nodes import MDEF, SymbolTableNode, Var
from mypy.plugin import ClassDefContext, Plugin
from mypy.types import Instance

if TYPE_CHECKING:
    from mypy.nodes import MypyFile

REQUEST = "django.http.request.HttpRequest"
ADDED = {"actor": "nganam.kernel.actors.Actor", "at": "datetime.datetime", "request_id": "builtins.str"}
MODULES = ("nganam.kernel.actors", "datetime")
FIRST_LINE = 10  # mypy's priority of an ordinary top-level import


def add_attributes(context: ClassDefContext) -> None:
    """Give the class of requests the attributes of our middleware."""
    info = context.cls.info
    for name, type_name in ADDED.items():
        found = context.api.lookup_fully_qualified_or_none(type_name)
        if found is None or found.node is None or name in info.names:
            continue
        typed = context.api.named_type_or_none(type_name, [])
        if isinstance(typed, Instance):
            variable = Var(name, typed)
            variable.info, variable._fullname = info, f"{info.fullname}.{name}"  # noqa: SLF001 - as mypy's own plugins
            variable.is_initialized_in_class = True
            info.names[name] = SymbolTableNode(MDEF, variable, plugin_generated=True)


class RequestPlugin(Plugin):
    """Hooks into the class of requests."""

    def get_additional_deps(self, file: "MypyFile") -> list[tuple[int, str, int]]:
        """Let mypy read our types before Django's requests."""
        if file.fullname == "django.http.request":
            return [(FIRST_LINE, module, -1) for module in MODULES]
        return []

    def get_customize_class_mro_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        """Answer for the class of requests only."""
        return add_attributes if fullname == REQUEST else None


def plugin(_version: str) -> type[Plugin]:
    """Return the plugin to mypy."""
    return RequestPlugin
