"""The public statistics: every number is the number of rows it counts, on the page and in the open CSV."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
import time_machine

import scenes
import scenes_outside as outside
from nganam.lgsp.models import Exchange
from nganam.opendata.operations import count_download
from nganam.reporting import queries
from nganam.sharing.requests import operations as sharing

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
"""24 November 2026, 10:00 in Vietnam: the thirty days begin at midnight of 26 October there."""
FIRST = datetime(2026, 10, 25, 17, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


def calls(*rows):
    """Enter calls: (instant, status, fault, service, provider, consumer agency)."""
    names = ("at", "status", "fault", "service", "provider", "consumer_agency")
    Exchange.objects.bulk_create(
        Exchange(
            seq=seq, form="lookup", method="GET", path="/", leaf="x",
            **dict(zip(names, row, strict=True)),
        )
        for seq, row in enumerate(rows, 1)
    )  # fmt: skip


SEVEN = (
    (FIRST - timedelta(seconds=1), 200, "", "DV-1", "CT-SYT", "CT-CA"),
    (FIRST, 200, "", "DV-1", "CT-SYT", "CT-CA"),
    (NOW - timedelta(hours=3, seconds=1), 404, "", "DV-1", "CT-SYT", "CT-CA"),
    (NOW, 200, "", "DV-1", "CT-SYT", "CT-STC"),
    (NOW, 403, "server.serverproxy.access_denied", "DV-1", "CT-SYT", "CT-STC"),
    (NOW, 503, "server.clientproxy.x", "DV-2", "CT-STC", "CT-CA"),
    (NOW, 401, "client.authentication_failed", "", "", ""),
)
"""One call before the thirty days; then three that were answered (a "no such record" is an answer) and three not."""


@pytest.mark.law("S17.1đ", "D45")
def test_figures_days_and_rankings_count_the_same_calls(province):
    calls(*SEVEN)
    head, days = queries.totals(NOW), queries.calls_by_day(NOW)
    assert (head["calls"], head["good"]) == (6, 3)
    assert (sum(days["good"]) + sum(days["bad"]), sum(days["good"])) == (head["calls"], head["good"])
    assert (len(days["days"]), days["days"][0], days["days"][-1]) == (30, date(2026, 10, 26), date(2026, 11, 24))
    assert (days["good"][0], days["good"][-1], days["bad"][-1]) == (1, 2, 3)
    assert [(row.code, row.calls, row.good) for row in queries.by_service(NOW)] == [("DV-1", 4, 3), ("DV-2", 1, 0)]
    assert [(row.code, row.calls) for row in queries.by_provider(NOW)] == [("CT-SYT", 4), ("CT-STC", 1)]
    assert [(row.name, row.calls) for row in queries.by_consumer(NOW)] == [
        ("Công an thành phố Cần Thơ", 3),
        ("Sở Tài chính thành phố Cần Thơ", 2),
    ]
    assert queries.by_service(NOW)[0].share == 75.0


def test_a_call_at_midnight_belongs_to_the_vietnamese_day_that_begins(province):
    midnight = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    calls(*((midnight + timedelta(seconds=late), 200, "", "DV-1", "CT-SYT", "CT-CA") for late in (-1, 0)))
    assert queries.calls_by_day(NOW)["good"][-2:] == [1, 1]


@pytest.mark.law("S17.1đ")
def test_registers_are_counted_as_the_public_sees_them(province, data):
    account = scenes.account(valid_until=date(2026, 11, 24))
    scenes.published_dataset(scenes.loaded_table(code="bang-mo", columns=scenes.OPEN_COLUMNS))
    head = queries.totals(NOW)
    assert (head["services"], head["datasets"], head["databases"]) == (1, 1, 0)
    assert head["accounts"] == 0, "an account that has ended gives no access"
    type(account).objects.update(valid_until=None)
    assert queries.totals(NOW)["accounts"] == 1


@pytest.mark.law("D17.1")
def test_downloads_are_added_up_over_formats_and_days(province, data):
    dataset = scenes.published_dataset()
    for day, kind in ((3, "csv"), (3, "csv"), (4, "csv"), (4, "json")):
        count_download(dataset, kind, on=date(2026, 11, day))
    assert queries.totals(NOW)["downloads"] == 4


@pytest.mark.law("D35.3", "S17.1đ")
def test_decisions_in_time_leave_out_what_was_withdrawn(province, lan, phuc, at):
    service, application = scenes.published_service(), scenes.application()
    words = {"actor": phuc, "application": application, "service": service, "values": scenes.REQUEST}
    in_time, late, withdrawn, waiting = (
        sharing.send_request(actor=phuc, at=at, request=sharing.draft_request(at=at, **words)) for _ in range(4)
    )
    sharing.draft_request(at=at, **words)
    sharing.grant_request(
        actor=lan, at=at + timedelta(hours=1), request=in_time, granted=["ma_co_so"], **scenes.WITHHELD
    )
    reason = {"reason": "Không đúng mục đích", "legal_basis": "Điều 10"}
    sharing.refuse_request(actor=lan, at=at + timedelta(days=20), request=late, **reason)
    sharing.withdraw_request(actor=phuc, at=at, request=withdrawn)
    assert waiting.state == "received"
    assert queries.answered_in_time() == (2, 1)
    assert queries.requests_by_outcome() == {"granted": 1, "received": 1, "refused": 1, "withdrawn": 1}


class Cells(HTMLParser):
    """Collects the text of a page's table cells and figures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(text)

    def handle_data(self, data: str) -> None:
        """Keep a piece of text."""
        self.words += [data.strip()] if data.strip() else []


@pytest.mark.law("S17.1đ")
def test_the_page_and_the_csv_say_the_counted_numbers(client, province):
    calls(*SEVEN)
    answer = client.get("/thong-ke/")
    assert answer.status_code == 200
    words = Cells(answer.content.decode()).words
    place = words.index("Cuộc gọi qua LGSP")
    assert "6" in words[place - 2 : place + 3]
    assert "75,0 %" in words
    download = client.get("/thong-ke/so-lieu.csv")
    assert download["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="thong-ke-chia-se-du-lieu.csv"' in download["Content-Disposition"]
    text = download.content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert download.content.startswith(b"\xef\xbb\xbf")
    said = {(row["bang"], row["ma"], row["ten"]): int(row["gia_tri"]) for row in rows}
    assert len(said) == len(rows)
    assert said["tong", "calls", "calls"] == 6
    assert said["dich_vu", "DV-1", "DV-1"] == 4
    assert said["khai_thac", "CT-CA", "Công an thành phố Cần Thơ"] == 3
    by_day = {name: sum(row for key, row in said.items() if key[0] == "theo_ngay" and key[2] == name) for name in (
        "thanh_cong", "khong_thanh_cong"
    )}  # fmt: skip
    assert by_day == {"thanh_cong": 3, "khong_thanh_cong": 3}


def test_an_empty_province_has_a_page_of_zeros(client, province):
    assert client.get("/thong-ke/").status_code == 200
    assert {value for *_names, value in queries.lines(NOW)} == {0}


@pytest.mark.law("D17.1")
def test_nothing_public_names_an_application_an_account_or_a_person(client, province):
    account = scenes.account()
    calls((NOW, 200, "", account.service.code, "CT-SYT", "CT-X31507"))
    Exchange.objects.update(account=account.code, application="MCDT", user_id="lan", path="/r1/VN/khoa-rieng")
    for address in ("/thong-ke/", "/thong-ke/so-lieu.csv"):
        text = client.get(address).content.decode()
        for hidden in (account.code, "MCDT", "Nguyễn Thị Lan", "khoa-rieng"):
            assert hidden not in text


@pytest.mark.law("S17.1đ", "S17.1")
def test_sharing_outside_the_province_is_counted_by_state_on_the_page_and_in_the_csv(client, province):
    differing = outside.weighed(owner=False)
    outside.registered(service=differing.service)
    outside.registered(service=differing.service)
    outside.proposed()
    outside.listed()
    by_state = {one: [(row.state.name, row.number) for row in rows] for one, rows in queries.outside_province().items()}
    assert by_state == {"inbound": [("opinions", 2), ("differing", 1)], "outbound": [("proposed", 1)]}
    page = Cells(client.get("/thong-ke/").content.decode()).words
    assert "Chia sẻ ngoài tỉnh" in page
    place = page.index("Lấy ý kiến hai bên")
    assert page[place + 1] == "2"
    text = client.get("/thong-ke/so-lieu.csv").content.decode("utf-8-sig")
    said = {(row["bang"], row["ma"]): int(row["gia_tri"]) for row in csv.DictReader(io.StringIO(text))}
    assert said["ngoai_tinh_den", "opinions"] == 2
    assert said["ngoai_tinh_di", "proposed"] == 1
    assert said["ngoai_tinh", "dich_vu"] == 1


def test_a_proposal_still_being_written_is_not_counted(province):
    outside.drafted()
    assert queries.outside_province() == {"inbound": [], "outbound": []}
