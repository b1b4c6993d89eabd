"""``messages``: extract, update, compile or check the translations."""

from importlib import import_module

from nganam.site.arguments import Parser

VERBS = {
    "extract": "Gom câu chữ từ mã và mẫu",
    "update": "Đưa câu mới vào các tệp .po",
    "compile": "Biên dịch .po thành .mo",
    "check": "Kể những câu chưa dịch hoặc dịch sai dạng",
}


def run(args: list[str]) -> int:
    """Do one of the verbs with ``nganam.face.messages``."""
    about = "; ".join(f"{verb}: {text}" for verb, text in VERBS.items())
    parser = Parser(prog="./nganam messages", description=about)
    parser.add_argument("verb", choices=VERBS)
    verb = parser.parse_args(args).verb
    messages = import_module("nganam.face.messages")
    if verb == "check":
        found = list(messages.problems())
        print("\n".join(found) or "Bản dịch đầy đủ.")
        return 1 if found else 0
    functions = {"extract": messages.extract_messages, "update": messages.update_po, "compile": messages.compile_mo}
    print(f"{VERBS[verb]}: {functions[verb]()}" if verb != "extract" else len(functions[verb]()))
    return 0
