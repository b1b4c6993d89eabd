"""Files: no sign-in, stable addresses, checksums, resumable, cached, counted once per download."""

import hashlib

import pytest

from nganam.kernel.digest import file_sha256
from nganam.opendata import queries

pytestmark = pytest.mark.django_db
LATEST = "/du-lieu/khi-hau/latest/khi-hau.csv"


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.law("D17.1", "D21", "S13.3")
@pytest.mark.parametrize("kind", ["csv", "xlsx", "json", "parquet"])
def test_anybody_downloads_what_the_page_promises(dung_browser, climate, kind):
    (file,) = [one for one in dung_browser.get("/du-lieu/khi-hau/").context["files"] if one.format == kind]
    for address in (file.url, file.lasting_url):
        got = dung_browser.get(address)
        content = body(got)
        assert (got.status_code, len(content)) == (200, file.size)
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert got["ETag"] == f'"{file.sha256}"'
        assert got["Content-Disposition"] == f'attachment; filename="khi-hau.{kind}"'
        assert got["Access-Control-Allow-Origin"] == "*"
        assert got["X-Content-Type-Options"] == "nosniff"


def test_a_numbered_address_may_be_kept_for_ever_and_latest_may_not(dung_browser, climate):
    assert "immutable" in dung_browser.get("/du-lieu/khi-hau/v/1/khi-hau.csv")["Cache-Control"]
    assert "max-age=60" in dung_browser.get(LATEST)["Cache-Control"]


def test_latest_follows_the_releases_and_numbers_stay(dung_browser, climate, update, data):
    before = body(dung_browser.get(LATEST))
    update(climate, [("2030", "1", "1")])
    assert body(dung_browser.get("/du-lieu/khi-hau/v/1/khi-hau.csv")) == before
    after = body(dung_browser.get(LATEST))
    assert b"2030" in after
    assert after == body(dung_browser.get("/du-lieu/khi-hau/v/2/khi-hau.csv"))
    for one in queries.release(climate, 1).distributions.all():
        assert file_sha256(data / one.path) == one.sha256


def test_a_client_that_has_the_file_gets_304_and_nothing_is_counted(dung_browser, climate):
    tag = dung_browser.get(LATEST)["ETag"]
    assert queries.downloads(climate) == 1
    again = dung_browser.get(LATEST, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert dung_browser.get(LATEST, headers={"If-None-Match": f'W/"x", {tag}'}).status_code == 304
    assert queries.downloads(climate) == 1
    assert dung_browser.get(LATEST, headers={"If-None-Match": '"other"'}).status_code == 200
    assert queries.downloads(climate) == 2


def test_a_download_is_resumed_from_any_byte_and_counted_once(dung_browser, climate):
    whole = body(dung_browser.get(LATEST))
    size = len(whole)
    for asked, expected in (
        ("bytes=0-9", whole[:10]),
        ("bytes=10-", whole[10:]),
        (f"bytes={size - 1}-{size + 500}", whole[-1:]),
        ("bytes=-5", whole[-5:]),
    ):
        got = dung_browser.get(LATEST, headers={"Range": asked})
        assert (got.status_code, body(got)) == (206, expected), asked
        assert int(got["Content-Length"]) == len(expected)
        assert got["Content-Range"].endswith(f"/{size}")
    assert queries.downloads(climate) == 2  # the whole one, and the one that began at the first byte


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=9-5", "bytes=-0"])
def test_a_part_that_is_not_there_is_416_with_the_size(dung_browser, climate, asked):
    size = queries.distribution(climate, "csv").size
    got = dung_browser.get(LATEST, headers={"Range": asked})
    assert (got.status_code, got["Content-Range"]) == (416, f"bytes */{size}")
    assert queries.downloads(climate) == 0


@pytest.mark.parametrize("asked", ["bytes=a-b", "rows=1-2", "bytes=0-1,5-6", "bytes=-"])
def test_a_range_we_do_not_know_is_ignored(dung_browser, climate, asked):
    assert dung_browser.get(LATEST, headers={"Range": asked}).status_code == 200


def test_a_part_of_another_state_of_the_file_is_not_glued_on(dung_browser, climate):
    got = dung_browser.get(LATEST, headers={"Range": "bytes=5-9", "If-Range": '"older"'})
    assert got.status_code == 200
    tag = got["ETag"]
    assert dung_browser.get(LATEST, headers={"Range": "bytes=5-9", "If-Range": tag}).status_code == 206


def test_head_tells_size_and_checksum_without_a_body_or_a_count(dung_browser, climate):
    got = dung_browser.head(LATEST)
    file = queries.distribution(climate, "csv")
    assert (got.status_code, int(got["Content-Length"]), got["ETag"]) == (200, file.size, f'"{file.sha256}"')
    assert body(got) == b""
    assert queries.downloads(climate) == 0


@pytest.mark.parametrize(
    "path", ["latest/khac.csv", "latest/khi-hau.pdf", "latest/khi-hau.geojson", "v/9/khi-hau.csv", "v/1/../x.csv"]
)
def test_a_file_there_is_not_is_not_found(dung_browser, climate, path):
    assert dung_browser.get(f"/du-lieu/khi-hau/{path}").status_code == 404


@pytest.mark.law("D17.1")
def test_a_count_keeps_nobody(dung_browser, climate):
    from nganam.opendata.models import Download

    body(dung_browser.get(LATEST))
    names = {field.name for field in Download._meta.get_fields()}
    assert names == {"id", "dataset", "format", "on", "count"}
    assert "Set-Cookie" not in dung_browser.get(LATEST)
