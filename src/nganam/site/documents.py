"""Documentation that is generated from the code: commands, glossary, rule sets, permission matrix, law coverage."""

from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from nganam.kernel.machine import Machine
from nganam.law import doc
from nganam.site import coverage
from nganam.site.commands import COMMANDS
from nganam.site.env import ROOT
from nganam.site.variables import VARIABLES

NOTICE = "Sinh bằng `./nganam docs`; không sửa tay.\n\n*Generated; do not edit.*\n"


def rows(*cells: str) -> str:
    """Return one row of a table, with what would break it escaped."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def table(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    names = list(head)
    return "\n".join([rows(*names), "|" + "---|" * len(names), *(rows(*line) for line in body)]) + "\n"


def page(title: str, *parts: str) -> str:
    """Return a page with a title and the notice that it is generated."""
    return "\n".join([f"# {title}\n", NOTICE, *parts])


def commands() -> str:
    """Return the page of commands."""
    body = [(f"`./nganam {one.words}`", one.vi) for one in COMMANDS]
    return page("Các lệnh", table(("Lệnh", "Việc"), body))


def settings() -> str:
    """Return the page of variables."""
    body = [(f"`NGANAM_{one.name}`", one.default, one.vi, f"*{one.en}*") for one in VARIABLES]
    return page("Các biến cài đặt", table(("Biến", "Mặc định", "Ý nghĩa", "Meaning"), body))


def machines() -> list[Machine]:
    """Return every state machine that a room states in its ``workflow.py``, by code."""
    found: dict[str, Machine] = {}
    source = ROOT / "src"
    for path in sorted((source / "nganam").rglob("workflow.py")):
        module = import_module(".".join(path.relative_to(source).with_suffix("").parts))
        found |= {value.code: value for value in vars(module).values() if isinstance(value, Machine)}
    return [found[code] for code in sorted(found)]


def permissions() -> str:
    """Return who may move which case, from the transition tables."""
    parts = []
    for machine in machines():
        body = [
            (
                f"{one.vi} (*{one.en}*)",
                ", ".join(machine.state(name).vi for name in one.source),
                machine.state(one.target).vi if one.target else "giữ nguyên",
                one.role,
                one.article,
                ", ".join(one.needs),
                " ".join([*(f"+{key}" for key in one.starts), *(f"−{key}" for key in one.stops)]),
            )
            for one in machine.transitions
        ]
        head = ("Việc", "Từ", "Sang", "Bên thực hiện", "Căn cứ", "Phải có", "Thời hạn")
        parts += [f"## {machine.vi} (`{machine.code}`)\n", table(head, [*_opening(machine), *body])]
    return page("Ma trận quyền", "Ai được chuyển hồ sơ nào sang trạng thái nào.\n", *parts)


def _opening(machine: Machine) -> list[tuple[str, ...]]:
    """Return the line of the opening itself, where a clock runs from then on."""
    clocks = " ".join(f"+{key}" for key in machine.opens)
    return (
        [("Lập hồ sơ (*Open the case*)", "", machine.state(machine.initial).vi, "", "", "", clocks)] if clocks else []
    )


def diagrams() -> str:
    """Return every machine as a state diagram, with its guards and the papers its moves issue."""
    parts = []
    for machine in machines():
        parts += [f"## {machine.vi} (`{machine.code}`)\n", f"*{machine.en}*\n", _diagram(machine), *_notes(machine)]
    return page("Các quy trình", "Sơ đồ trạng thái của từng loại hồ sơ, vẽ từ chính bảng mà hệ thống chạy.\n", *parts)


def _diagram(machine: Machine) -> str:
    names = [f'  state "{one.vi}" as {one.name}' for one in machine.states]
    moves = [
        f"  {source} --> {one.leads_from(source)}: {one.vi} ({one.role})"
        for one in machine.transitions
        for source in one.source
    ]
    ends = [f"  {one.name} --> [*]" for one in machine.states if one.final]
    return "\n".join(["```mermaid", "stateDiagram-v2", *names, _begin(machine), *moves, *ends, "```\n"])


def _begin(machine: Machine) -> str:
    clocks = " ".join(f"+{key}" for key in machine.opens)
    return f"  [*] --> {machine.initial}" + (f": {clocks}" if clocks else "")


def _notes(machine: Machine) -> list[str]:
    asked = [
        (f"{one.vi} (*{one.en}*)", one.article, ", ".join(m.vi for m in machine.transitions if one.name in m.guards))
        for one in machine.guards
    ]
    issued = [(one.vi, ", ".join(one.papers)) for one in machine.transitions if one.papers]
    found = [table(("Điều kiện", "Căn cứ", "Bước"), asked)] if asked else []
    return found + ([table(("Bước", "Văn bản ban hành"), issued)] if issued else [])


def law_coverage() -> str:
    """Return which test proves which clause."""
    return coverage.render(coverage.collect())


GENERATED: dict[str, tuple[str, Callable[[], str]]] = {
    "docs/commands.md": ("nganam.site", commands),
    "docs/settings.md": ("nganam.site", settings),
    "docs/permissions.md": ("nganam.kernel", permissions),
    "docs/machines.md": ("nganam.kernel", diagrams),
    "docs/glossary.md": ("nganam.law.doc", doc.glossary_page),
    "docs/law/rulesets.md": ("nganam.law.doc", doc.rulesets_page),
    coverage.DOCUMENT.as_posix(): ("nganam.site", law_coverage),
}


def generate() -> dict[Path, str]:
    """Return the text of every generated document by its path."""
    return {ROOT / path: make() for path, (needs, make) in GENERATED.items() if find_spec(needs)}


def outdated() -> list[Path]:
    """Return the generated documents whose file differs from what the code says."""
    return [path for path, text in generate().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]


def write() -> list[Path]:
    """Write what is outdated and return it."""
    texts, changed = generate(), outdated()
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], encoding="utf-8")
    return changed
