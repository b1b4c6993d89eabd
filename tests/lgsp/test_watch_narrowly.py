"""What pages of watching say when they are narrowed, to whom nothing is shown, and what a shared address fills in."""

import pytest

import scenes
from nganam.kernel.actors import Actor, Kind, Role
from nganam.kernel.errors import NotFound
from nganam.lgsp import monitoring
from nganam.lgsp.models import Exchange, Incident, Tally
from nganam.lgsp.proving import collector_status
from nganam.lgsp.watching import measuring, queries, tallying

pytestmark = pytest.mark.django_db
AT = scenes.AT
NOBODYS = Actor(Kind.PERSON, "x", "Chưa có cơ quan", "", frozenset({Role.FOCAL}))


def tally(at=AT, **said):
    who = {"provider": "CT-SYT", "service": "DV-2026-0001", "consumer": "CT-X31507/MCDT",
           "consumer_agency": "CT-X31507"}  # fmt: skip
    for grain in (Tally.Grain.HOUR, Tally.Grain.TOTAL):
        Tally.objects.create(grain=grain, starts_at=tallying.start_of(grain, at), **{**who, **said})


def call(seq, **said):
    values = {"at": AT, "form": "page", "method": "GET", "path": "/r1/x", "status": 403, "leaf": "x",
              "request_id": f"yc-{seq}", "service": "DV-2026-0001", **said}  # fmt: skip
    return Exchange.objects.create(seq=seq, **values)


@pytest.mark.parametrize(
    ("result", "known"),
    [
        ("", {"calls": 9, "failed": 2, "records": 70, "rate": 66.6, "availability": 75.0}),
        ("loi", {"calls": 2, "failed": 2}), ("tu-choi", {"calls": 1, "refused": 1}),
        ("tra-loi", {"calls": 6, "answered": 6, "p50": 5}),
    ],
)  # fmt: skip
def test_what_is_not_known_of_one_outcome_is_no_zero(result, known):
    tally(
        calls=9, answered=6, refused=1, failed=2, records=70, response_bytes=800, milliseconds=30, durations={"19": 6}
    )
    made = monitoring.picture(scenes.MINH, monitoring.Asked(result=result), AT)
    shown = measuring.shown(made.total, result)
    assert {name: shown[name] for name in known} == known
    unknown = {"records", "response_bytes", "rate", "availability", "refused", "failed"} - set(known)
    assert not result or {shown[name] for name in unknown} == {None}


def test_the_page_shows_a_dash_for_it(client, province):
    from django.utils import timezone

    tally(timezone.now(), calls=9, answered=6, refused=1, failed=2, records=7654, durations={"19": 6})
    client.login(username="minh", password=scenes.PASSWORD)
    assert "7.654" in client.get("/giam-sat/").content.decode()
    narrowed = client.get("/giam-sat/?ket-qua=loi")
    assert narrowed.context["summary"]["records"] is None
    assert narrowed.context["pairs"][0]["figures"]["rate"] is None
    assert "7.654" not in narrowed.content.decode()


def test_an_officer_of_no_agency_is_no_party_to_the_calls_of_nobody_known(province):
    tally(consumer="", consumer_agency="", provider="", calls=1, refused=1)
    call(1)
    assert not monitoring.exchanges_for(NOBODYS).exists()
    assert monitoring.recent(NOBODYS, monitoring.Asked(days=365), AT).calls == []
    assert not measuring.tallies_for(NOBODYS).exists()
    assert not measuring.services_for(NOBODYS).exists()
    assert measuring.quota_use(NOBODYS, AT) == []
    with pytest.raises(NotFound):
        monitoring.get_exchange_for(NOBODYS, "yc-1")
    assert monitoring.exchanges_for(scenes.MINH).exists()


def test_an_incident_of_an_unknown_consumer_shows_nobody_elses_calls():
    found = Incident.objects.create(
        code="SC-2026-0009", rule="refusals", service="DV-2026-0001", provider="CT-SYT", consumer="", began_at=AT,
        opened_at=AT, seen_at=AT,
    )  # fmt: skip
    call(1, consumer="")
    call(2, consumer="CT-X31507/MCDT", consumer_agency="CT-X31507")
    assert [one.seq for one in queries.story(found, scenes.MINH, AT).calls] == [1]
    Incident.objects.update(rule="down")
    found.refresh_from_db()
    Exchange.objects.update(status=503)
    assert len(queries.story(found, scenes.MINH, AT).calls) == 2


def test_a_platform_is_called_by_its_name_on_the_page_of_a_call(client, province):
    import scenes_beyond

    found = scenes_beyond.platform()
    call(1, provider=found.code, consumer="CT-X31507/MCDT")
    client.login(username="minh", password=scenes.PASSWORD)
    shown = client.get("/giam-sat/giao-dich/yc-1/").content.decode()
    assert found.title in shown
    assert found.code in shown


def test_the_address_of_a_question_fills_the_form_of_an_officer_too(client, province):
    service = scenes.published_service()
    scenes.application()
    address = f"/dich-vu/{service.code}/goi-thu/?cach=trang&limit=7&token=bi-mat"
    visitor = client.get(address)
    assert visitor.status_code == 200
    client.login(username="phuc", password=scenes.PASSWORD)
    shown = client.get(address)
    form = shown.context["form"]
    assert (shown.status_code, form.is_bound, form["limit"].value()) == (200, False, "7")
    assert {"ung-dung", "noi"} <= set(form.fields), "for an officer it is the form that calls"
    assert "token" not in form.initial
    assert "limit=7" in shown.context["samples"][0].text
    assert client.get(f"/dich-vu/{service.code}/goi-thu/?cach=khong-co").status_code == 200


@pytest.mark.parametrize(
    ("said", "state"),
    [({}, "ok"), ({"refusing": True}, "refusing"), ({"free": 399}, "nearly_full"), ({"at": 0}, "late")],
)
def test_who_asks_whether_the_web_is_ready_hears_how_evidence_is_written(client, settings, tmp_path, said, state):
    import json

    from django.utils import timezone

    from nganam.site.commands import running

    settings.DATA = tmp_path
    (tmp_path / "evidence").mkdir()
    well = {"at": timezone.now().timestamp(), "size": 5, "free": 10_000, "must_be_free": 100, "refusing": False}
    (tmp_path / "evidence" / "status.json").write_text(json.dumps(well | said))
    answer = client.get("/suc-khoe/san-sang/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "evidence": state})
    assert collector_status(timezone.now()).state == state
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NGANAM_DATA", str(tmp_path))
        assert running.calls_refused() is (state == "refusing")
        assert ("đang từ chối" in running.disk_warning()) is (state == "refusing")
