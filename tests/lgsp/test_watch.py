"""Watching: tallies say what the log says; rules open few and right incidents; promise beside real; who sees what."""

import statistics
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scenes
from evidence_rig import collected, line, log_folder, write
from nganam.audit.models import Entry
from nganam.kernel.clock import VIETNAM
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, StateMoved
from nganam.lgsp import monitoring
from nganam.lgsp.logbook import ingest_log
from nganam.lgsp.models import AlertRule, Exchange, Incident, Tally
from nganam.lgsp.watching import buckets, looking, measuring, operations, queries, rules, tallying
from nganam.notices.models import Mail, Notice

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=VIETNAM)
PAIR = {"provider": "CT-SYT", "service": "DV-2026-0001", "consumer": "CT-X31507/MCDT", "consumer_agency": "CT-X31507"}


def tally(grain, at, **counts):
    """Write one row; what is not said was answered."""
    who = {name: counts.pop(name) for name in PAIR if name in counts}
    calls = sum(counts.values())
    starts = tallying.start_of(grain, at)
    return Tally.objects.create(grain=grain, starts_at=starts, calls=calls, **{**PAIR, **who}, **counts)


# -- buckets --


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=300), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_is_never_less_than_the_truth_and_a_tenth_more_at_most(times, share):
    counts = buckets.merged([{str(buckets.bucket_of(one)): 1} for one in times])
    true = sorted(times)[max(0, -(-round(share * len(times), 6) // 1) - 1).__int__()]
    told = buckets.quantile(counts, share)
    assert true <= told <= true * 1.0906 + 1


def test_buckets_follow_each_other_without_a_gap():
    found = [buckets.bucket_of(one) for one in range(5000)]
    assert found == sorted(found)
    assert all(one <= buckets.edge(buckets.bucket_of(one)) for one in range(5000))
    assert buckets.quantile({}, 0.5) is None
    assert all(buckets.bucket_of(one) == buckets.bucket_of(buckets.least(one)) for one in range(1, 5000))
    assert all(buckets.least(one) <= one for one in range(5000))
    # Of 470 to 511 ms the longest is told: that holds nothing against a promise of 500.
    assert (buckets.edge(buckets.bucket_of(480)), buckets.least(511)) == (511, 470)


# -- tallies --


@pytest.mark.django_db
def test_tallies_say_what_the_rows_say_whatever_the_batches(data, at, monkeypatch):
    kinds = ((200, None), (404, None), (429, "x"), (503, "y"))
    lines = [line(n, statusCode=kinds[n % 4][0], faultCode=kinds[n % 4][1]) for n in range(90)]
    collector = collected(data, *lines[:40])
    ingest_log(at=at)
    write(log_folder(data) / "access.log", *lines[40:])
    while collector.turn().entries:
        pass
    ingest_log(at=at)
    for grain in Tally.Grain.values:
        made = list(Tally.objects.filter(grain=grain).values(*measuring.READ))
        total = measuring.Figures()
        for row in made:
            total.add(row)
        assert (total.calls, total.answered, total.refused, total.failed) == (90, 46, 22, 22)
        assert total.milliseconds == sum(n for n in range(90) if n % 4 < 2)
        assert sum(total.durations.values()) == 46
    one = Tally.objects.get(grain="hour")
    before = [(row.grain, row.starts_at, row.calls, row.durations) for row in Tally.objects.order_by("pk")]
    Tally.objects.all().delete()
    fill_and_be_killed(monkeypatch, batches=4)
    assert tallying.fill(Exchange.objects.all(), at_once=7) == 90 - 4 * 7
    after = [(row.grain, row.starts_at, row.calls, row.durations) for row in Tally.objects.all()]
    assert sorted(map(str, before)) == sorted(map(str, after))
    assert one.starts_at.astimezone(VIETNAM).hour == 9
    assert tallying.fill(Exchange.objects.all()) == 0, "calls that were counted as they came are not counted again"


def fill_and_be_killed(monkeypatch, *, batches: int) -> None:
    """Count calls into empty tallies, seven at once, and stop in the middle of the batch after ``batches``."""
    real, done = tallying.count, []

    def count(batch, **more):
        real(batch, **more)
        done.append(batch)
        if len(done) > batches:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(tallying, "count", count)
        with pytest.raises(KeyboardInterrupt):
            tallying.fill(Exchange.objects.all(), at_once=7)


@pytest.mark.django_db
def test_a_recovered_call_whose_line_came_is_tallied_once(data, at):
    collector = collected(data, line(1), line(2, kind="recovered"))
    ingest_log(at=at)
    collector.state.recovered["yc-2"] = 1
    write(log_folder(data) / "access.log", line(2))
    collector.turn()
    ingest_log(at=at)
    assert Tally.objects.get(grain="total").calls == 2


@pytest.mark.parametrize(
    ("status", "fault", "milliseconds", "came"),
    [
        (200, "", 5, "answered"), (404, "", 5, "answered"), (404, "server.x", 5, "refused"), (429, "x", 0, "refused"),
        (503, "x", 5, "failed"), (503, tallying.STOPPED, 0, "stopped"), (0, "", 3000, "failed"), (0, "", 9, "refused"),
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_how_a_call_came_out_is_said_alike_of_one_and_of_many(status, fault, milliseconds, came):
    one = Exchange.objects.create(
        seq=1, at=NOW, form="page", method="GET", path="/", status=status, fault=fault, duration_ms=milliseconds,
        leaf="x",
    )  # fmt: skip
    assert tallying.outcome(one) == came
    words = {said: word for word, said in measuring.OUTCOMES.items()}
    found = {word for word in measuring.OUTCOMES if monitoring.Asked(result=word).narrow(Exchange.objects.all(), NOW)}
    assert found == {words[came]}


@pytest.mark.django_db
def test_minutes_are_forgotten_before_days(at):
    for grain in ("minute", "hour", "day", "total"):
        tally(grain, NOW - timedelta(days=200), answered=1)
    assert tallying.forget_old(at=NOW) == 2
    assert set(Tally.objects.values_list("grain", flat=True)) == {"day", "total"}


@pytest.mark.parametrize(("day", "first"), [((2026, 1, 31), "02/2025"), ((2024, 2, 29), "03/2023")])
def test_twelve_months_end_with_this_one(day, first):
    window = measuring.Window.of(365, NOW.replace(year=day[0], month=day[1], day=day[2]))
    instants = window.instants()
    assert len(instants) == 12
    assert f"{instants[0]:%m/%Y}" == first
    assert (instants[-1].year, instants[-1].month) == day[:2]


# -- promised and real --


@pytest.mark.django_db
def test_an_announced_stop_is_nobodys_failure_and_a_forced_one_is(province):
    service = scenes.published_service()

    def call(seq, at):
        return Exchange(
            seq=seq, at=at, service=service.code, provider="CT-SYT", consumer="CT-X31507/MCDT", status=503,
            consumer_agency="CT-X31507", fault=tallying.STOPPED, method="GET", path="/", form="other", leaf="x",
        )  # fmt: skip

    from nganam.sharing.suspensions.models import Maintenance

    base = {"service": service, "rules": "2020-05-25", "created_at": NOW, "updated_at": NOW, "work": "x"}
    hour = timedelta(hours=1)
    Maintenance.objects.create(
        code="BT-1", state="restored", ground="maintenance", planned_from=NOW - 9 * hour, planned_until=NOW - 7 * hour,
        stopped_at=NOW - 9 * hour, restored_at=NOW - 8 * hour, **base,
    )  # fmt: skip
    Maintenance.objects.create(
        code="BT-2", state="stopped", ground="force_majeure", planned_from=NOW - hour, planned_until=NOW,
        stopped_at=NOW - hour, **base,
    )  # fmt: skip
    tallying.count([call(1, NOW - 8.5 * hour), call(2, NOW - 0.5 * hour)])
    tally("day", NOW - timedelta(days=1), answered=999, service=service.code)
    one = measuring.kept([service], NOW)[0]
    assert (one.figures.stopped, one.figures.failed, one.stopped_minutes) == (1, 1, 60)
    assert one.figures.availability == 99.9
    assert (one.keeps_availability, one.keeps_time) == (None, None)
    promise = {"actor": scenes.LAN, "at": NOW, "p95_ms": 200}
    operations.promise(service, availability=Decimal("99.9"), **promise)
    service.refresh_from_db()
    assert measuring.kept([service], NOW)[0].keeps_availability is True
    operations.promise(service, availability=Decimal("99.95"), **promise)
    service.promise.refresh_from_db()
    assert measuring.kept([service], NOW)[0].keeps_availability is False


@pytest.mark.django_db
def test_only_the_provider_promises_and_nothing_impossible(province):
    service = scenes.published_service()
    for actor in (scenes.PHUC, scenes.MINH):
        with pytest.raises(NotAllowed):
            operations.promise(service, actor=actor, at=NOW, availability=Decimal(99), p95_ms=100)
    for wrong in ({"availability": Decimal(101), "p95_ms": 1}, {"availability": Decimal(99), "p95_ms": 0}):
        with pytest.raises(Invalid):
            operations.promise(service, actor=scenes.LAN, at=NOW, **wrong)
    assert not Entry.objects.filter(action="lgsp.promise.set").exists()


# -- rules --


@pytest.mark.parametrize(
    ("count", "history", "is_whole", "unusual"),
    [
        (500, [100, 110, 90, 100, 105, 95, 100, 100], False, True),
        (130, [100, 110, 90, 100, 105, 95, 100, 100], False, False),
        (500, [100, 110, 90], False, False),  # three weeks of history are too few to say
        (500, [100, 110, 5000, 90, 100, 105, 95, 100], False, True),  # one odd week hides nothing
        (90, [0, 0, 0, 0, 0, 0, 0, 0], False, False),  # below the least number of calls
        (0, [1000, 1010, 990, 1000, 1005, 995], True, True),
        (0, [1000, 1010, 990, 1000, 1005, 995], False, False),  # the hour goes on: calls may still come
        (0, [20, 22, 19, 20, 18], True, False),  # few were usual
    ],
)
def test_what_is_unusual_is_told_by_the_same_hour_of_earlier_weeks(count, history, is_whole, unusual):
    assert (rules.unusual_volume(rules.BY_KEY["volume"], count, history, is_whole=is_whole) is not None) is unusual


@given(st.lists(st.integers(0, 2000), min_size=4, max_size=8))
def test_what_lies_within_its_own_history_is_never_unusual_upwards(history):
    middle = statistics.median_low(history)
    assert rules.unusual_volume(rules.BY_KEY["volume"], middle, history, is_whole=True) is None


def found_at(at, platform=""):
    return {one.rule for one in looking.findings(at, platform)}


@pytest.mark.django_db
def test_a_service_is_down_when_nearly_all_calls_fail_and_then_has_no_error_spike(at):
    tally("minute", NOW, failed=4)
    assert found_at(NOW) == set(), "four calls are too few"
    tally("minute", NOW - timedelta(minutes=1), failed=30)
    assert found_at(NOW) == {"down"}
    tally("minute", NOW - timedelta(minutes=2), answered=30)
    assert found_at(NOW) == {"errors"}
    assert found_at(NOW + timedelta(minutes=30)) == set()


@pytest.mark.django_db
def test_refusals_and_announced_stops_bring_no_service_down(at):
    tally("minute", NOW, refused=49, stopped=500)
    assert found_at(NOW) == set()
    tally("minute", NOW - timedelta(minutes=1), refused=10)
    assert found_at(NOW) == {"refusals"}


@pytest.mark.django_db
def test_refusals_hide_no_outage_and_make_nothing_more_available(at):
    tally("minute", NOW, failed=30, refused=300)
    assert "down" in found_at(NOW)
    one = measuring.Figures(calls=330, failed=30, refused=300)
    assert one.availability == 0
    assert measuring.Figures(calls=9, refused=9).availability is None


@pytest.mark.parametrize("unknown", ["consumer", "service"])
@pytest.mark.django_db
def test_strangers_who_are_refused_are_no_incident(at, unknown):
    tally("minute", NOW, refused=500, **{unknown: ""})
    assert found_at(NOW) == set()


@pytest.mark.django_db
def test_a_thousand_more_than_usual_in_an_hour_is_found_and_a_new_consumer_is_not(at):
    for week in range(9):
        tally("day", NOW - timedelta(weeks=week), answered=100)
        tally("hour", NOW - timedelta(weeks=week), answered=100 if week else 2000)
    new = {"consumer": "CT-X31507/MOI"}
    tally("day", NOW, answered=5000, **new)
    tally("hour", NOW, answered=5000, **new)
    found = looking.findings(NOW)
    assert [(one.rule, one.consumer) for one in found] == [("volume", "CT-X31507/MCDT")]
    assert dict(found[0].figures)["usual"] == 100


@pytest.mark.django_db
def test_too_few_calls_are_found_of_who_is_expected_to_call_and_of_nobody_else(province):
    from nganam.deadlines.models import CalendarDay
    from nganam.sharing.suspensions.models import Maintenance

    now = NOW + timedelta(days=1)  # the 24th of November is a day off
    account = scenes.account()
    for who in ({"service": account.service.code, "consumer": account.subject}, {"consumer": "CT-X31507/CU"}):
        for week in range(9):
            tally("day", now - timedelta(weeks=week), answered=1, **who)
            if week:
                tally("hour", now - timedelta(weeks=week, hours=1), answered=1000, **who)
    assert [(one.rule, one.consumer) for one in looking.findings(now)] == [("volume", account.subject)]
    assert looking.findings(now, is_late=True) == []
    holiday = CalendarDay.objects.create(day=now.date(), kind="off")
    assert looking.findings(now) == []
    holiday.delete()
    stop = Maintenance.objects.create(
        code="BT-1", state="stopped", ground="maintenance", service=account.service, rules="2020-05-25", work="x",
        planned_from=now - timedelta(hours=2), planned_until=now, stopped_at=now - timedelta(hours=2),
        created_at=now, updated_at=now,
    )  # fmt: skip
    assert looking.findings(now) == []
    stop.delete()
    type(account).objects.filter(pk=account.pk).update(state="terminated")
    assert looking.findings(now) == []


@pytest.mark.django_db
def test_calls_at_night_of_who_calls_by_day_are_found(province):
    night = NOW.replace(hour=2)
    for day in range(1, 20):
        tally("day", NOW - timedelta(days=day), answered=40)
        tally("hour", NOW - timedelta(days=day), answered=40)
    tally("hour", NOW, answered=40)
    assert found_at(NOW) == set()
    tally("hour", night, answered=40)
    assert found_at(night) == {"hours"}
    off = {"is_on": False, "minutes": 60, "least": 10, "threshold": 0, "calm_minutes": 60}
    operations.set_rule("hours", actor=scenes.MINH, at=NOW, **off)
    assert found_at(night) == set()


# -- incidents --


@pytest.fixture
def people(province):
    """Lan, Phúc and Minh have addresses."""
    from django.contrib.auth import get_user_model

    for name in ("lan", "phuc", "minh"):
        get_user_model().objects.filter(username=name).update(email=f"{name}@tinh.invalid")


@pytest.mark.django_db
def test_an_incident_is_told_once_stays_while_it_lasts_and_ends_after_calm(people):
    tally("minute", NOW, failed=40)
    assert operations.judge(at=NOW) == (1, 0)
    assert operations.judge(at=NOW + timedelta(minutes=1)) == (0, 0)
    incident = Incident.objects.get()
    assert (incident.rule, incident.provider, incident.figures["failed"]) == ("down", "CT-SYT", 40)
    told = Notice.objects.filter(event="lgsp.incident")
    assert sorted(told.values_list("agency", "role")) == [("", "lead"), ("CT-SYT", "focal")]
    assert set(Mail.objects.values_list("to", flat=True)) == {"lan@tinh.invalid", "minh@tinh.invalid"}
    for minute in (6, 10):  # no more calls fail, but it has not been calm for long
        assert operations.judge(at=NOW + timedelta(minutes=minute)) == (0, 0)
    tally("minute", NOW + timedelta(minutes=10), failed=40)
    assert operations.judge(at=NOW + timedelta(minutes=11)) == (0, 0)
    later = NOW + timedelta(minutes=40)
    assert operations.judge(at=later) == (0, 0), "nobody has called: nothing is known"
    tally("minute", NOW + timedelta(minutes=39), answered=3)
    assert operations.judge(at=later, is_late=True) == (0, 0), "what is not seen is no sign"
    assert operations.judge(at=later) == (0, 1)
    assert told.count() == 4
    mail = Mail.objects.order_by("pk").last()
    assert f"/giam-sat/su-co/{incident.code}/" in mail.body
    assert "http" in mail.body
    assert "Lỗi: 40" in mail.body
    assert incident.service in mail.subject
    assert [one.action for one in Entry.objects.filter(object_type="lgsp.incident").order_by("seq")] == [
        "lgsp.incident.opened", "lgsp.incident.closed",
    ]  # fmt: skip


@pytest.mark.django_db
def test_an_incident_nobody_calls_in_ends_after_a_day_and_one_of_a_rule_switched_off_without_a_word(people):
    tally("minute", NOW, failed=40)
    operations.judge(at=NOW)
    told = Notice.objects.filter(event="lgsp.incident")
    assert operations.judge(at=NOW + timedelta(hours=23)) == (0, 0)
    assert operations.judge(at=NOW + timedelta(hours=24)) == (0, 1)
    assert told.filter(title__contains="không có đủ cuộc gọi").count() == 2
    tally("minute", NOW + timedelta(hours=25), failed=40)
    assert operations.judge(at=NOW + timedelta(hours=25)) == (1, 0)
    before = told.count()
    values = {"is_on": False, "minutes": 5, "least": 5, "threshold": 90, "calm_minutes": 10}
    for key in ("down", "errors"):
        operations.set_rule(key, actor=scenes.MINH, at=NOW, **values)
    assert operations.judge(at=NOW + timedelta(hours=25, minutes=1)) == (0, 1)
    assert told.count() == before
    assert "quy tắc đã tắt" in Incident.objects.order_by("pk").last().notes.get().text


@pytest.mark.django_db
def test_trouble_of_the_platform_is_the_leads_alone(people):
    operations.judge(at=NOW, platform="Không nút nào của cổng LGSP trả lời.")
    incident = Incident.objects.get(rule="platform")
    assert list(Notice.objects.filter(event="lgsp.incident").values_list("role", "agency")) == [("lead", "")]
    with pytest.raises(NotFound):
        queries.get_incident_for(scenes.LAN, incident.code)
    assert queries.get_incident_for(scenes.MINH, incident.code) == incident


@pytest.mark.django_db
def test_an_incident_is_taken_on_once_by_the_provider_or_the_lead(people):
    scenes.account()
    tally("minute", NOW, failed=40)
    operations.judge(at=NOW)
    incident = queries.get_incident_for(scenes.PHUC, Incident.objects.get().code)
    with pytest.raises(NotAllowed):
        operations.acknowledge(incident, actor=scenes.PHUC, at=NOW, note="Tôi lo")
    with pytest.raises(Invalid):
        operations.acknowledge(incident, actor=scenes.LAN, at=NOW, note="  ")
    operations.acknowledge(incident, actor=scenes.LAN, at=NOW, note="Máy chủ mất điện, đang chuyển nguồn.")
    with pytest.raises(StateMoved):
        operations.acknowledge(incident, actor=scenes.MINH, at=NOW, note="Tôi lo")
    operations.add_note(incident, actor=scenes.MINH, at=NOW, note="Đã báo điện lực.")
    assert list(incident.notes.values_list("by", flat=True)) == [scenes.LAN.name, scenes.MINH.name]
    assert "lgsp.incident.acknowledged" in Entry.objects.values_list("action", flat=True)


@pytest.mark.django_db
def test_thresholds_are_the_leads_and_act_at_once(province):
    values = {"is_on": True, "minutes": 5, "least": 100, "threshold": 90, "calm_minutes": 10}
    with pytest.raises(NotAllowed):
        operations.set_rule("down", actor=scenes.LAN, at=NOW, **values)
    with pytest.raises(Invalid):
        operations.set_rule("down", actor=scenes.MINH, at=NOW, **{**values, "minutes": 0})
    with pytest.raises(NotFound):
        operations.set_rule("khác", actor=scenes.MINH, at=NOW, **values)
    tally("minute", NOW, failed=40)
    assert found_at(NOW) == {"down"}
    operations.set_rule("down", actor=scenes.MINH, at=NOW, **values)
    assert found_at(NOW) == {"errors"}
    assert Entry.objects.get(action="lgsp.alert_rule.set").details["before"]["least"] == 5


# -- pages and programs --


@pytest.fixture
def shown(people):
    """A service with an account, some calls of now, and an open incident."""
    from django.utils import timezone

    account = scenes.account()
    now = timezone.now()
    who = {"service": account.service.code, "consumer": account.subject}
    for grain in Tally.Grain.values:
        tally(grain, now, answered=10, failed=40, **who)
    Exchange.objects.create(
        seq=1, at=now, form="page", method="GET", path="/r1/x", status=503, request_id="yc-1", leaf="x",
        provider="CT-SYT", consumer_agency="CT-X31507", **who,
    )  # fmt: skip
    operations.judge(at=now)
    return Incident.objects.get()


def login(client, who):
    client.logout()
    assert client.login(username=who, password=scenes.PASSWORD)


@pytest.mark.django_db
def test_parties_read_and_others_find_nothing(client, shown, hoa):
    addresses = ("/giam-sat/chat-luong/", f"/giam-sat/chat-luong/{shown.service}/", "/giam-sat/su-co/",
                 f"/giam-sat/su-co/{shown.code}/")  # fmt: skip
    for who in ("lan", "phuc", "minh"):
        login(client, who)
        for address in addresses:
            assert client.get(address).status_code == 200, (who, address)
        page = client.get(addresses[-1]).content.decode()
        assert "/giam-sat/giao-dich/yc-1/" in page
        assert ("Nhận xử lý" in page) is (who != "phuc")
        assert client.get("/giam-sat/nguong/").status_code == (200 if who == "minh" else 404)
        assert shown.code in client.get("/giam-sat/").content.decode()
    login(client, "hoa")
    for address in addresses:
        assert client.get(address).status_code == 404, address


@pytest.mark.django_db
def test_forms_write_and_a_refused_one_keeps_what_was_typed(client, shown):
    login(client, "lan")
    assert client.post(f"/giam-sat/su-co/{shown.code}/nhan/", {"note": ""}).status_code == 422
    assert client.post(f"/giam-sat/su-co/{shown.code}/nhan/", {"note": "Đang xem"}).status_code == 302
    assert client.post(f"/giam-sat/su-co/{shown.code}/ghi/", {"note": "Đã khởi động lại"}).status_code == 302
    assert "Đã khởi động lại" in client.get(f"/giam-sat/su-co/{shown.code}/").content.decode()
    promise = f"/giam-sat/chat-luong/{shown.service}/cam-ket/"
    assert client.post(promise, {"availability": "101", "p95_ms": "200"}).status_code == 422
    assert client.post(promise, {"availability": "99.5", "p95_ms": "200"}).status_code == 302
    assert "Không đạt" in client.get("/giam-sat/chat-luong/").content.decode()
    login(client, "minh")
    values = {"is_on": "on", "minutes": "5", "least": "7", "threshold": "80", "calm_minutes": "10"}
    assert client.post("/giam-sat/nguong/down/", {**values, "minutes": "9999"}).status_code == 422
    assert client.post("/giam-sat/nguong/down/", values).status_code == 302
    assert AlertRule.objects.get().least == 7
    assert client.post("/giam-sat/nguong/khac/", values).status_code == 404


@pytest.mark.django_db
def test_programs_read_and_write_by_the_same_deeds(client, shown):
    from django.utils import timezone

    from nganam.accounts import keys

    def key(actor):
        return {"Authorization": f"Bearer {keys.issue_api_key(actor=actor, at=timezone.now(), name='x', days=3)[1]}"}

    lan, phuc = key(scenes.LAN), key(scenes.PHUC)
    said = client.get("/api/v1/gateway/traffic?days=0", headers=lan).json()
    assert (said["figures"]["calls"], said["figures"]["availability"]) == (50, 20.0)
    assert client.get("/api/v1/gateway/incidents", headers=phuc).json()[0]["code"] == shown.code
    for days in (2, 366, -1):
        assert client.get(f"/api/v1/gateway/traffic?days={days}", headers=lan).status_code == 422
    body = {"note": "Đang xem"}
    path = f"/api/v1/gateway/incidents/{shown.code}"
    post = {"content_type": "application/json"}
    assert client.post(f"{path}/acknowledge", body, headers=phuc, **post).status_code == 403
    assert client.post(f"{path}/acknowledge", body, headers=lan, **post).json()["notes"][0]["text"] == "Đang xem"
    assert client.post(f"{path}/acknowledge", body, headers=lan, **post).status_code == 409
    put = client.put(f"/api/v1/gateway/quality/{shown.service}/promise", {"availability": 99.5, "p95_ms": 100},
                     headers=lan, **post)  # fmt: skip
    assert put.json()["keeps_availability"] is False
    assert client.get("/api/v1/gateway/quality", headers=phuc).json()[0]["promised_p95_ms"] == 100


@pytest.mark.django_db
def test_figures_are_not_for_who_comes_through_the_gateway_and_not_by_a_short_token(client, settings):
    from nganam.serving.secret import HEADER

    settings.NGANAM_METRICS_TOKEN = "x" * 32
    asked = {"Authorization": f"Bearer {settings.NGANAM_METRICS_TOKEN}"}
    assert client.get("/lgsp/metrics", headers=asked).status_code == 200
    assert client.get("/lgsp/metrics", headers=asked | {HEADER: "y"}).status_code == 404


@pytest.mark.django_db
def test_older_calls_are_a_page_away_and_none_is_shown_twice(province):
    start = datetime(2026, 11, 24, 1, tzinfo=UTC)
    Exchange.objects.bulk_create(
        Exchange(seq=n, at=start + timedelta(seconds=n // 3), form="page", method="GET", path="/", status=200,
                 leaf="x", provider="CT-SYT", consumer_agency="CT-SYT" if n % 2 else "CT-X31507")
        for n in range(1, 51)
    )  # fmt: skip
    seen, before = [], ""
    while True:
        found = monitoring.recent(scenes.LAN, monitoring.Asked(), NOW, before)
        seen += [one.seq for one in found.calls]
        if found.older is None:
            break
        before = str(found.older)
    assert seen == list(range(50, 0, -1))
    for strange in ("abc", "9" * 30, "-1", "²"):
        assert len(monitoring.recent(scenes.LAN, monitoring.Asked(), NOW, strange).calls) == 20
