"""An earlier version becomes the present one again: as a version of its own, by the owner, with a reason."""

from datetime import timedelta

import pytest

import scenes
from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.warehouse import operations, places, queries
from nganam.warehouse.engine import lake
from nganam.warehouse.loading import run_load
from nganam.warehouse.models import Load, Version

from .conftest import AT, COLUMNS, LAN, MINH, PHUC, ROWS, WORKER, as_csv, now

pytestmark = pytest.mark.django_db
REASON = "Tệp tháng 11 gửi nhầm."


@pytest.fixture
def versions(agencies, facilities):
    """Three versions: as first sent, one row changed and one gone, one row more."""
    changed = [("00123", "Trạm y tế Phường 5", "31507", "12", "15/03/2004"), ROWS[2]]
    more = ("00300", "Bệnh viện mới", "31507", "500", "01/01/2026")
    for rows in (ROWS, changed, [*changed, more]):
        upload = operations.Upload("tep.csv", [as_csv(rows)])
        code = operations.start_load(actor=LAN, at=AT, table=facilities, upload=upload).code
        run_load(actor=WORKER, now=now, code=code)
    return list(facilities.versions.order_by("number"))


def restored(version, reason=REASON):
    found = operations.restore_version(actor=LAN, at=AT + timedelta(hours=1), version=version, reason=reason)
    return run_load(actor=WORKER, now=now, code=found.code)


def test_the_rows_of_then_are_the_next_version_and_those_between_stay(versions):
    first, second, third = versions
    done = restored(first)
    assert (done.state, done.accepted, done.restores, done.landing_sha) == ("committed", 3, first, "")
    made = done.made
    assert (made.number, made.sha256, made.rows) == (4, first.sha256, 3)
    assert (made.added, made.changed, made.removed) == (1, 1, 1)
    assert queries.rows(made.table, version=made) == queries.rows(made.table, version=first)
    assert queries.rows(made.table) == queries.rows(made.table, version=made), "served"
    assert [one.sha256 for one in Version.objects.order_by("number")][:3] == [one.sha256 for one in versions]
    told = [one.details.get("reason") for one in Entry.objects.filter(object_code=done.code)]
    assert REASON in told
    assert [one.name for one in queries.lineage(made) if one.kind == "version"] == [str(first), str(made)]
    assert (second.number, third.number) == (2, 3)


def test_a_restoration_killed_after_its_commit_is_finished_and_not_repeated(versions, monkeypatch):
    found = operations.restore_version(actor=LAN, at=AT, version=versions[0], reason=REASON)

    def killed(*_given, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("nganam.warehouse.loading._finish", killed)
        with pytest.raises(KeyboardInterrupt):
            run_load(actor=WORKER, now=now, code=found.code)
    before = len(lake.history(places.lake(versions[0].table)))
    done = run_load(actor=WORKER, now=now, code=found.code)
    assert (done.state, done.made.sha256) == ("committed", versions[0].sha256)
    assert len(lake.history(places.lake(versions[0].table))) == before


def test_what_already_is_has_no_reason_or_other_columns_is_refused(versions, facilities):
    first, _second, third = versions
    with pytest.raises(RuleBroken):
        operations.restore_version(actor=LAN, at=AT, version=third, reason=REASON)
    with pytest.raises(Invalid):
        operations.restore_version(actor=LAN, at=AT, version=first, reason="  ")
    for somebody in (PHUC, MINH):
        with pytest.raises(NotAllowed):
            operations.restore_version(actor=somebody, at=AT, version=first, reason=REASON)
    for change in ({"type": "text"}, {"minimum": "20"}):
        other = [{**one, **change} if one["name"] == "so_giuong" else one for one in COLUMNS]
        operations.change_table(actor=LAN, at=AT, table=facilities, title="Cơ sở", columns=other, reason="Thử")
        with pytest.raises(RuleBroken) as refused:
            operations.restore_version(actor=LAN, at=AT, version=Version.objects.get(pk=first.pk), reason=REASON)
        assert refused.value.hint
    assert not Load.objects.filter(restores__isnull=False).exists()


def test_one_load_at_a_time(versions):
    operations.restore_version(actor=LAN, at=AT, version=versions[0], reason=REASON)
    with pytest.raises(RuleBroken):
        operations.restore_version(actor=LAN, at=AT, version=versions[1], reason=REASON)


def test_any_two_versions_are_compared_and_one_restored_from_the_page(versions, client):
    from nganam.accounts.models import Person

    client.force_login(Person.objects.get(username=scenes.LAN.code))
    address = versions[0].table.get_absolute_url()
    page = client.get(f"{address}phien-ban/3/?so-voi=1").content.decode()
    assert "Khác phiên bản 1" in page
    assert "Bệnh viện mới" in page
    assert "Trạm y tế Phường 7" in page
    assert "khoi-phuc/" not in page, "it is the present one"
    for odd in ("99", "x", "²", "9" * 40, "1"):
        assert "khoi-phuc/" in client.get(f"{address}phien-ban/1/", {"so-voi": odd}).content.decode()
    assert client.post(f"{address}phien-ban/1/khoi-phuc/", {"reason": ""}).status_code == 422
    answer = client.post(f"{address}phien-ban/1/khoi-phuc/", {"reason": REASON})
    done = run_load(actor=WORKER, now=now, code=Load.objects.first().code)
    assert answer["Location"] == done.get_absolute_url()
    assert REASON in client.get(done.get_absolute_url()).content.decode()
    client.force_login(Person.objects.get(username=scenes.PHUC.code))
    assert client.post(f"{address}phien-ban/2/khoi-phuc/", {"reason": REASON}).status_code == 404
