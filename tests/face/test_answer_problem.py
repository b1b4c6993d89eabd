"""One shape of problem: page, fragment or document."""

import json

import pytest
from django.db import OperationalError
from django.template.backends.django import Template
from django.test import Client, RequestFactory
from django.utils.translation import override

from nganam.face import problems
from nganam.kernel import errors
from nganam.kernel.actors import VISITOR

RULE = errors.RuleBroken("Thiếu mô tả đầu ra.", article="D24.3", hint="Bổ sung mô tả.")


def ask(path="/x/", **headers):
    request = RequestFactory().get(path, headers=headers)
    request.request_id, request.actor = "ma-yeu-cau-1", VISITOR
    return request


def test_a_program_gets_a_problem_document():
    answer = problems.problem_response(ask("/api/v1/x"), RULE)
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content) == {
        "type": "http://127.0.0.1:8600/loi/#rule_broken",
        "title": "Trái quy định",
        "status": 409,
        "detail": "Thiếu mô tả đầu ra.",
        "hint": "Bổ sung mô tả.",
        "code": "rule_broken",
        "article": "D24.3",
        "request_id": "ma-yeu-cau-1",
    }


def test_the_document_names_the_fields_that_are_wrong():
    error = errors.Invalid("Chưa hợp lệ", fields={"ma_xa": ["Không có mã xã này"]})
    answer = problems.problem_response(ask("/oauth2/token"), error)
    assert json.loads(answer.content)["fields"] == {"ma_xa": ["Không có mã xã này"]}


@pytest.mark.parametrize(
    ("accept", "json_wanted"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("application/json", True),
        ("application/problem+json, text/html;q=0.5", True),
        ("text/html, application/json;q=0.9", False),
        ("*/*", False),
        ("", False),
        ("rác;;q=q", False),
    ],
)
def test_the_accept_header_decides_elsewhere(accept, json_wanted):
    assert problems.wants_json(ask(Accept=accept)) is json_wanted


def test_a_person_gets_a_page_that_says_what_to_do():
    answer = problems.problem_response(ask(Accept="text/html"), RULE)
    page = answer.content.decode()
    assert answer.status_code == 409
    for words in (
        "<title>Trái quy định · Ngã Năm</title>",
        "Thiếu mô tả",
        "Bổ sung",
        "khoản 3 Điều 24",
        "ma-yeu-cau-1",
    ):
        assert words in page


def test_htmx_gets_a_fragment_only():
    page = problems.problem_response(ask(**{"HX-Request": "true"}), RULE).content.decode()
    assert "<html" not in page
    assert 'role="alert"' in page


def test_every_error_has_a_title_in_both_languages_here():
    for kind in errors.NganamError.__subclasses__():
        assert problems.KINDS[kind.code][0] == kind.status
        assert problems.KINDS[kind.code][1] == kind.title


def test_the_page_is_drawn_bare_when_the_database_is_gone(monkeypatch):
    whole = Template.render

    def broken(self, context=None, request=None):
        if request is not None:
            raise OperationalError("gone")
        return whole(self, context, request)

    monkeypatch.setattr(Template, "render", broken)
    answer = problems.problem_response(ask(), errors.Unavailable("Cơ sở dữ liệu không trả lời."))
    assert answer.status_code == 503
    assert "Cơ sở dữ liệu không trả lời." in answer.content.decode()


def test_a_server_error_needs_no_database(django_db_blocker):
    # No database fixture: any query would fail this test.
    answer = problems.server_error(ask())
    assert answer.status_code == 500
    assert "ma-yeu-cau-1" in answer.content.decode()
    assert json.loads(problems.server_error(ask("/api/x")).content)["code"] == "server_error"


@pytest.mark.parametrize(
    ("handler", "status"), [(problems.bad_request, 400), (problems.forbidden, 403), (problems.not_found, 404)]
)
def test_djangos_own_refusals_have_the_same_shape(handler, status):
    answer = handler(ask("/api/x"), Exception("nguyên nhân"))
    assert answer.status_code == status
    assert "nguyên nhân" not in answer.content.decode()


@pytest.mark.django_db
def test_an_old_form_is_explained(client):
    answer = Client(enforce_csrf_checks=True).post("/dang-nhap/", {"login": "lan"})
    assert answer.status_code == 403
    assert "Biểu mẫu đã hết hạn" in answer.content.decode()


def test_an_unknown_address_is_answered_in_the_chosen_language(client):
    client.cookies["django_language"] = "en"
    with override("vi"):
        page = client.get("/khong-co-trang-nay/")
    assert page.status_code == 404
    assert '<html lang="en">' in page.content.decode()


def test_the_kinds_are_explained_where_the_type_points(client):
    page = client.get("/loi/").content.decode()
    for code in problems.KINDS:
        assert f'id="{code}"' in page
