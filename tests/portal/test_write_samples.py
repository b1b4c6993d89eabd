"""Samples of code: every value is a literal of its language, whatever it holds. Tests of the gateway run them."""

import ast
import json
import re
import shlex

import pytest

from nganam.lgsp.trying import Question
from nganam.portal.samples import csharp, java, python, samples, script, sh

NASTY = (
    "Nguyễn Thị “Đào”", "'; rm -rf / #", '"; DROP TABLE x; --', "a\nb\r\tc",
    "$HOME `id` $(id) ${x}", "\\", "\\u000a\\n\\'",
    "«url» «token»", "{x} %s %(y)s", "</code><script>", "@/etc/passwd", "=a&b=c#d?e", "😀", "",
)  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_a_value_is_one_literal_of_its_language(text):
    assert shlex.split(sh(text)) == [text]
    assert ast.literal_eval(python(text)) == text
    assert json.loads(script(text)) == text
    for literal in (java(text), csharp(text)):
        assert literal.isascii()
        assert json.loads(literal) == text
        # Java turns \uXXXX into the character before it reads anything: none may be a line end, quote or backslash.
        made = re.findall(r"(?<!\\)(?:\\\\)*\\u([0-9a-f]{4})", literal)
        assert not {chr(int(one, 16)) for one in made} & set('\n\r"\\')


@pytest.mark.parametrize("text", NASTY)
def test_no_value_becomes_a_part_of_the_program(text):
    asked = samples("http://lgsp.invalid/r1/x", "http://lgsp.invalid/t", Question(parameters={"ten": text}))
    plain = samples("http://lgsp.invalid/r1/x", "http://lgsp.invalid/t", Question(parameters={"ten": "MAU"}))
    literals = {"mau-curl": lambda one: sh(f"ten={one}"), "mau-python": python, "mau-java": java, "mau-csharp": csharp,
                "mau-javascript": script}  # fmt: skip
    for one, usual in zip(asked, plain, strict=True):
        write = literals[one.id]
        assert one.text == usual.text.replace(write("MAU"), write(text))
    assert ast.parse(asked[1].text)


def test_control_characters_and_halves_of_characters_are_no_value():
    found = samples("http://x.invalid/", "http://x.invalid/t", Question(parameters={"ten": "a\0b\u2028c\ud800"}))
    assert all(not re.search("[\0\u2028\ud800]", one.text) for one in found)


def test_a_key_is_percent_encoded_so_that_no_language_reads_it():
    for one in samples("http://x.invalid/s", "http://x.invalid/t", Question(key=("a'b\"/$", "ấ"))):
        assert "http://x.invalid/s/a%27b%22%2F%24,%E1%BA%A5" in one.text


def test_no_secret_stands_in_a_sample():
    for one in samples("http://x.invalid/s", "http://x.invalid/t", Question()):
        assert "CLIENT_SECRET" in one.text


def parsed(text):
    import tree_sitter_c_sharp
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_c_sharp.language())).parse(text.encode()).root_node


@pytest.mark.parametrize("question", [Question(), Question(key=("a'b\"/$", "ấ"))])
def test_the_sample_in_csharp_is_a_program(question):
    found = samples("http://x.invalid/s", "http://x.invalid/t", question)
    program = next(one.text for one in found if one.id == "mau-csharp")
    assert not parsed(program).has_error
    assert parsed(program.replace(";", "", 1)).has_error  # the parser would see it


@pytest.mark.parametrize("text", NASTY)
def test_the_sample_in_csharp_is_a_program_whatever_is_asked(text):
    found = samples("http://x.invalid/s", "http://x.invalid/t", Question(parameters={"ten": text, text or "x": "1"}))
    assert not parsed(next(one.text for one in found if one.id == "mau-csharp")).has_error


def test_a_parameter_may_stand_several_times_in_every_language():
    asked = Question(form="$batch", keys=("a'1", "b,2"), parameters={"fields": "ma,ten"})
    assert asked.rest == "/$batch?key=a%271&key=b%2C2&fields=ma%2Cten"
    for one in samples("http://x.invalid/s", "http://x.invalid/t", asked):
        assert "http://x.invalid/s/$batch" in one.text
        assert one.text.count("b,2") == 1, one.id
        assert len(re.findall(r"\bkey\b", one.text)) == 2, one.id
