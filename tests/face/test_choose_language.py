"""Vietnamese unless the person chose; the browser does not decide."""

import pytest


def test_a_browser_that_prefers_english_still_gets_vietnamese(client):
    answer = client.get("/thanh-phan/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert answer["Content-Language"] == "vi"
    assert '<html lang="vi">' in answer.content.decode()
    assert "Cookie" in answer["Vary"]


def test_a_choice_is_kept_and_leads_back(client):
    answer = client.post("/ngon-ngu/", {"language": "en", "next": "/loi/"})
    assert (answer.status_code, answer["Location"]) == (302, "/loi/")
    page = client.get("/loi/")
    assert page["Content-Language"] == "en"
    assert client.post("/ngon-ngu/", {"language": "vi", "next": "/loi/"}).status_code == 302
    assert client.get("/loi/")["Content-Language"] == "vi"


@pytest.mark.parametrize("kept", ["fr", "", "<script>", "en-gb"])
def test_a_language_we_do_not_have_is_ignored(client, kept):
    client.cookies["django_language"] = kept
    assert client.get("/loi/")["Content-Language"] == "vi"


def test_the_way_back_never_leads_away(client):
    answer = client.post("/ngon-ngu/", {"language": "en", "next": "https://noi-khac.example/"})
    assert answer["Location"] == "/"


def test_it_is_chosen_by_post_only(client):
    assert client.get("/ngon-ngu/").status_code == 405
