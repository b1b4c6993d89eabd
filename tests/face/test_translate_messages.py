"""The translation tool finds every message and every fault."""

from pathlib import Path

import pytest
from babel.messages.mofile import read_mo

from nganam.face import messages

HTML = """{% load i18n %}
    <c-card title="{% trans 'Trong thuộc tính' %}" lead="{% trans "Ngoặc kép" %}">
  {% blocktrans count n=n %}{{ n }} dòng{% plural %}{{ n }} dòng{% endblocktrans %}
</c-card>{# {% trans "Chú thích" %} #}{% trans "Mục" context "menu" %}
"""
CODE = """
from django.utils.translation import gettext_lazy as _, ngettext
NAME = _("Tên %(name)s")
LEFT = ngettext("còn %(n)s ngày", "còn %(n)s ngày", 2)
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    pages = tmp_path / "phong/templates/phong"
    pages.mkdir(parents=True)
    (pages / "trang.html").write_text(HTML, encoding="utf-8")
    (tmp_path / "phong/models.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def fill(po: Path, translations: dict[str, str]) -> None:
    text = po.read_text(encoding="utf-8")
    for source, english in translations.items():
        text = text.replace(f'msgid "{source}"\nmsgstr ""', f'msgid "{source}"\nmsgstr "{english}"')
        text = text.replace(
            f'msgid_plural "{source}"\nmsgstr[0] ""\nmsgstr[1] ""',
            f'msgid_plural "{source}"\nmsgstr[0] "{english}"\nmsgstr[1] "{english}"',
        )
    po.write_text(text, encoding="utf-8")


ENGLISH = {
    "Trong thuộc tính": "In an attribute",
    "Ngoặc kép": "Double quotes",
    "%(n)s dòng": "%(n)s rows",
    "Mục": "Item",
    "Tên %(name)s": "Name %(name)s",
    "còn %(n)s ngày": "%(n)s days left",
}


def test_messages_are_found_in_code_templates_and_component_attributes(room):
    found = {
        message.id if isinstance(message.id, str) else message.id[0] for message in messages.extract_messages(room)
    }
    assert found - {""} == set(ENGLISH)


def test_what_waits_for_translation_is_counted_then_reported(room, tmp_path):
    po = tmp_path / "en/LC_MESSAGES/django.po"
    assert messages.update_po(room, po) == len(ENGLISH)
    assert len(messages.problems(room, po)) == len(ENGLISH)
    fill(po, ENGLISH)
    assert messages.problems(room, po) == []
    assert messages.update_po(room, po) == 0


def test_updating_twice_changes_nothing_and_keeps_translations(room, tmp_path):
    po = tmp_path / "en/LC_MESSAGES/django.po"
    messages.update_po(room, po)
    fill(po, ENGLISH)
    messages.update_po(room, po)
    before = po.read_bytes()
    messages.update_po(room, po)
    assert po.read_bytes() == before
    assert b"Name %(name)s" in before


def test_a_translation_that_loses_a_placeholder_is_a_fault(room, tmp_path):
    po = tmp_path / "en/LC_MESSAGES/django.po"
    messages.update_po(room, po)
    fill(po, ENGLISH | {"Tên %(name)s": "Name %(nam)s"})
    assert [fault for fault in messages.problems(room, po) if "placeholders" in fault]


def test_a_message_the_catalogue_never_saw_is_a_fault(room, tmp_path):
    po = tmp_path / "en/LC_MESSAGES/django.po"
    messages.update_po(room, po)
    fill(po, ENGLISH)
    (room / "phong/forms.py").write_text('_("Câu mới")', encoding="utf-8")
    assert messages.problems(room, po) == ["phong/forms.py: not in the catalogue: 'Câu mới'"]


def test_text_that_no_extractor_can_see_is_a_fault(room, tmp_path):
    (room / "phong/templates/phong/x.html").write_text("<c-card :title=\"_('Ẩn')\" />", encoding="utf-8")
    assert any("component's attribute" in fault for fault in messages.problems(room, tmp_path / "none.po"))


@pytest.mark.parametrize(
    "hidden",
    [
        "LABEL = f\"{title} — {_('dữ liệu cá nhân')}\"",
        "LABEL = f\"{ngettext('dòng', 'dòng', n)}\"",
        "LABEL = f\"{translation.gettext('dòng')}\"",
        "LABEL = f\"{pgettext_lazy('đơn vị', 'người')!s:>4}\"",
    ],
)
def test_a_message_inside_an_f_string_is_a_fault(room, tmp_path, hidden):
    (room / "phong/forms.py").write_text(f"# one\n{hidden}\n", encoding="utf-8")
    found = [fault for fault in messages.problems(room, tmp_path / "none.po") if "f-string" in fault]
    assert found == [f"phong/forms.py:2: {messages.UNSEEN}"]


def test_a_call_in_an_f_string_that_translates_no_literal_is_none(room, tmp_path):
    (room / "phong/forms.py").write_text('A = f"{_(name)} {label(1)} {os.system(1)}"', encoding="utf-8")
    assert not [fault for fault in messages.problems(room, tmp_path / "none.po") if "f-string" in fault]


def test_notes_of_rules_names_of_holidays_and_of_our_actors_are_found(room):
    rules, days = room / "law/rulesets", room / "deadlines/data"
    for folder in (rules, days):
        folder.mkdir(parents=True)
    (rules / "2025-01-01.yaml").write_text("terms:\n  - {key: a, note: Theo lịch.}\nuncertain: {note: ''}", "utf-8")
    text = "# nguồn\nday,kind,name\n2026-01-01,off,Tết\n2026-01-02,off,Nghỉ (thay 10/01/2026)\n"
    (days / "calendar.csv").write_text(text, encoding="utf-8")
    (room / "phong/tasks.py").write_text('WORKER = system("worker", "Kho")', encoding="utf-8")
    found = {message.id for message in messages.extract_messages(room)}
    assert {"Theo lịch.", "Tết", "Kho"} <= found
    assert "Nghỉ (thay 10/01/2026)" not in found


def test_compiling_makes_what_django_reads(room, tmp_path):
    po = tmp_path / "locale/en/LC_MESSAGES/django.po"
    messages.update_po(room, po)
    fill(po, ENGLISH)
    assert messages.compile_mo(tmp_path / "locale") == tmp_path / "locale"
    with po.with_suffix(".mo").open("rb") as compiled:
        assert read_mo(compiled).get("Ngoặc kép").string == "Double quotes"
