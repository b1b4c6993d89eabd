"""A table on a narrow place: no column is hidden without a word."""

import re

import pytest
from django.template import engines
from django_cotton.compiler_regex import CottonCompiler

from nganam.face.tables import FIT, SCROLL, STACK, shaped

HEAD = '<thead><tr><th scope="col">Mã</th><th scope="col">Tên <span class="muted">đầy đủ</span></th>{}</tr></thead>'
MORE = '<th scope="col" class="num">Số</th>'
WORDS = '<th scope="col">Trạng thái</th>'


def table(more: str = WORDS, body: str = "") -> str:
    return HEAD.format(more) + f"<tbody>{body}</tbody>"


def numbers(count: int) -> str:
    return '<thead><tr><th scope="col">Năm</th>' + MORE * count + "</tr></thead><tbody></tbody>"


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (table(), STACK),
        (table(more=""), STACK),
        (numbers(1), FIT),
        (numbers(2), FIT),
        (numbers(3), SCROLL),
        ("<tbody><tr><td>1</td></tr></tbody>", FIT),
    ],
)
def test_the_shape_follows_from_the_columns(rows, kind):
    assert shaped(rows).kind == kind


@pytest.mark.parametrize("kind", [FIT, SCROLL, STACK])
def test_a_page_may_say_the_shape(kind):
    assert shaped(table(), kind).kind == kind


def test_each_cell_of_a_stacked_table_tells_its_column():
    body = '<tr class="a"><th scope="row">1</th><td class="num">hai</td><td>ba</td></tr>'
    made = shaped(table(body=body)).rows
    assert '<th scope="row" role="rowheader" data-label="Mã">1</th>' in made
    assert '<td class="num" role="cell" data-label="Tên đầy đủ">hai</td>' in made
    assert '<td role="cell" data-label="Trạng thái">ba</td>' in made
    assert '<tr class="a" role="row">' in made


def test_the_heading_keeps_its_role_and_gets_no_label():
    made = shaped(table(body="<tr><td>1</td></tr>")).rows
    assert made.count('role="columnheader"') == 3
    assert "data-label" not in made.partition("</thead>")[0]


def test_labels_begin_again_on_each_row_and_never_run_out():
    body = "<tr><td>1</td><td>2</td><td>3</td><td>4</td></tr><tr><td>1</td></tr>"
    assert re.findall(r'data-label="([^"]+)"', shaped(table(body=body)).rows) == [
        "Mã", "Tên đầy đủ", "Trạng thái", "Mã",
    ]  # fmt: skip


def test_a_cell_across_columns_has_no_label():
    assert "data-label" not in shaped(table(body='<tr><td colspan="3">chưa có</td></tr>')).rows


def test_an_empty_cell_is_really_empty_so_that_it_takes_no_line():
    assert '<td role="cell" data-label="Mã"></td>' in shaped(table(body="<tr><td>\n  </td></tr>")).rows


def test_what_was_escaped_stays_escaped():
    head = '<thead><tr><th>&lt;b&gt; "tên"</th><th>x</th></tr></thead><tbody><tr><td>&lt;i&gt;</td></tr></tbody>'
    made = shaped(head).rows
    assert 'data-label="&lt;b&gt; &quot;tên&quot;"' in made
    assert "&lt;i&gt;" in made


def test_the_component_says_the_shape_and_how_to_see_the_rest():
    stacked, scrolled = (
        engines["django"]
        .from_string(CottonCompiler().process(f'<c-table caption="Bảng" narrow="{kind}">{table()}</c-table>'))
        .render({})
        for kind in ("", "scroll")
    )
    assert "table-in-stack" in stacked
    assert 'role="table"' in stacked
    assert "Kéo ngang" not in stacked
    assert "table-in-scroll" in scrolled
    assert "Kéo ngang để xem hết các cột" in scrolled
