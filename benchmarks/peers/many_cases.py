"""Builds a province with many cases of every kind in the data folder of ``NGANAM_DATA``.

130 agencies, 500 officers, 20 000 cases. One case of each kind and stage is walked there by the real deeds (the scenes
of the tests); the others are copies of it, with everything that was written about it, between other agencies, about
other services, on other days. Seeded, so every run has the same province.
"""

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from nganam.site.provision import provision

AGENCIES, OFFICERS, CASES = 130, 500, 20_000
SERVICES, APPLICATIONS = 390, 8
NOW = datetime.now(tz=UTC)
OPEN_DAYS, PAST_DAYS = 12, 400


def main() -> None:
    """Build what is missing."""
    provision()
    from nganam.cases.models import Seat

    if not Seat.objects.exists():
        from django.conf import settings
        from django.db import transaction

        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        with transaction.atomic():
            Builder(random.Random(20_000)).build()
    tell()


def tell() -> None:
    from nganam.cases.queries import case_models

    counted = {code: model.objects.count() for code, model in sorted(case_models().items())}
    print(f"{sum(counted.values())} cases: " + ", ".join(f"{code} {count}" for code, count in counted.items()))


@dataclass(frozen=True)
class Kind:
    """So many copies of a scene; ``old`` ones began up to a year ago, the others within days."""

    count: int
    scene: Callable[[], Any]
    old: bool = True


def kinds() -> Iterator[Kind]:
    """Yield what the province has: a case carries those it came from (an account its request) with it."""
    import scenes
    import scenes_accounts as accounts
    import scenes_agreements as agreements
    import scenes_disputes as disputes
    import scenes_outside as outside
    import scenes_services as services
    import scenes_work as work

    def table(**how: Any) -> Any:
        return scenes.loaded_table(code="bang-khac", **how)

    yield Kind(500, scenes.drafted_request, old=False)
    yield Kind(700, scenes.sent_request, old=False)
    yield Kind(1_000, disputes.refused_request)
    yield Kind(300, scenes.created_account, old=False)
    yield Kind(2_900, scenes.account)
    yield Kind(200, accounts.suspected_breach, old=False)
    yield Kind(250, accounts.suspended_breach)
    yield Kind(400, accounts.ended_sharing)
    yield Kind(350, accounts.planned_stop, old=False)
    yield Kind(200, accounts.announced_stop, old=False)
    yield Kind(150, agreements.drafted, old=False)
    yield Kind(150, agreements.submitted, old=False)
    yield Kind(150, agreements.drafting)
    yield Kind(100, agreements.signing)
    yield Kind(400, agreements.in_force)
    yield Kind(60, agreements.amending)
    yield Kind(60, agreements.deleting)
    yield Kind(120, agreements.joining, old=False)
    yield Kind(200, outside.registered, old=False)
    yield Kind(150, outside.weighed, old=False)
    yield Kind(50, outside.submitted, old=False)
    yield Kind(200, outside.connected)
    yield Kind(200, outside.drafted, old=False)
    yield Kind(250, outside.proposed, old=False)
    yield Kind(150, outside.sent)
    yield Kind(250, outside.used)
    yield Kind(250, disputes.dispute, old=False)
    yield Kind(150, disputes.at_level_two, old=False)
    yield Kind(100, disputes.at_level_three, old=False)
    yield Kind(150, disputes.decided)
    yield Kind(100, disputes.reported)
    yield Kind(50, disputes.error, old=False)
    yield Kind(80, lambda: scenes.declared_service(table()), old=False)
    yield Kind(60, lambda: services.appraising(scenes.declared_service(table())), old=False)
    yield Kind(300, work.drafted_database, old=False)
    yield Kind(100, work.proposed_dataset, old=False)
    yield Kind(150, lambda: scenes.published_dataset(table(columns=scenes.OPEN_COLUMNS)))


class Builder:
    """Knows the agencies, services and applications that copies are spread over."""

    def __init__(self, chance: random.Random) -> None:
        import copies

        self.chance, self.copier = chance, copies.Copier()

    def build(self) -> None:
        from cast import make_cast

        make_cast()
        self.agencies = make_agencies()
        make_people(self.agencies)
        self.make_services()
        import copies
        import scenes_outside

        for code, name in (("BO-YT", "Bộ Y tế"), ("BO-TC", "Bộ Tài chính")):
            scenes_outside.ministry(code, name)
        # All scenes come before all copies: some expect to find nothing but their own.
        for kind, sample in [(one, copies.undone(one.scene)) for one in kinds()]:
            self.make(kind.count, sample, old=kind.old)
        self.make_versions()
        self.make_focal_points()
        self.make_edition()
        self.copier.write()
        self.fill_up()
        self.say_who_reads()

    # ---- what cases are about ----

    def make_services(self) -> None:
        """Publish a service of Lan's by all its deeds, then copies of it: three of every agency."""
        import copies
        import scenes
        from nganam.services.models import Service

        one = copies.taken(scenes.published_service)
        self.first = one.case
        for number in range(1, SERVICES):
            owner = self.agencies[number % len(self.agencies)]
            self.copier.copy(one, self.change(owner, owner, old=True))
        self.copier.write()
        self.services = list(Service.objects.select_related("provider", "table").order_by("pk"))
        # Scenes begin with a service: they all take this one, and their copies one of the others.
        scenes.published_service = lambda _found=None: Service.objects.get(pk=self.first.pk)

    def change(self, provider: Any, consumer: Any, *, old: bool, service: Any = None) -> Any:
        import copies
        from nganam.agencies.models import Agency
        from nganam.services.models import Service
        from nganam.warehouse.models import Table

        known = {one.code: one for one in self.agencies}
        placed = {known["CT-SYT"]: provider, known["CT-X31507"]: consumer}
        words = {ours.code: theirs.code for ours, theirs in placed.items()}
        words |= {ours.name: theirs.name for ours, theirs in placed.items()}
        rows: dict[Any, Any] = {(Agency, ours.pk): theirs.pk for ours, theirs in placed.items()}
        if service is not None:
            rows |= {(Service, self.first.pk): service.pk, (Table, self.first.table_id): service.table_id}
            words |= {self.first.code: service.code}
        ago = self.chance.randrange(OPEN_DAYS, PAST_DAYS) if old else self.chance.randrange(OPEN_DAYS)
        days = (NOW - datetime(2026, 11, 3, 2, 0, tzinfo=UTC)).days - ago
        return copies.Change(rows=rows, words=words, days=days)

    # ---- cases ----

    def make(self, count: int, sample: Any, *, old: bool) -> None:
        for _number in range(count):
            self.copier.copy(sample, self.spread(old=old))
        self.copier.write()

    def spread(self, *, old: bool) -> Any:
        """Choose a service, some asked for far more than others, and who asks."""
        service = self.services[int(len(self.services) * self.chance.random() ** 2)]
        consumer = service.provider
        while consumer.pk == service.provider.pk:
            consumer = self.agencies[int(len(self.agencies) * self.chance.random() ** 1.5)]
        return self.change(service.provider, consumer, old=old, service=service)

    def make_versions(self) -> None:
        """Draft a version of each third service, and pass one of each fifth: one may be pending at a time."""
        import copies
        import scenes_services as services

        for scene, step in ((services.drafted_version, 3), (services.passed_version, 5)):
            sample = copies.undone(scene)
            for service in self.services[step::step]:
                self.copier.copy(sample, self.change(service.provider, service.provider, old=False, service=service))

    def make_focal_points(self) -> None:
        import copies
        import scenes_work as work

        sample = copies.undone(work.nominated_focal_point)
        for owner in self.agencies:
            self.copier.copy(sample, self.change(owner, owner, old=False))

    def make_edition(self) -> None:
        """Compile a list of two hundred databases."""
        import copies
        import scenes
        import scenes_work as work
        from nganam.catalogue import operations
        from nganam.catalogue.models import SharedDatabase

        def accepted() -> Any:
            database = work.drafted_database()
            for actor, step in ((scenes.LAN, "propose"), (scenes.MINH, "accept")):
                database = operations.move_database(actor=actor, at=work.AT, database=database, transition=step)
            return database

        sample = copies.undone(accepted)
        for number in range(200):
            owner = self.agencies[number % len(self.agencies)]
            self.copier.copy(sample, self.change(owner, owner, old=True))
        self.copier.write()
        codes = list(SharedDatabase.objects.filter(state="accepted").values_list("code", flat=True))
        operations.compile_edition(actor=scenes.MINH, at=NOW, kind="databases", title="Danh mục năm 2026", codes=codes)

    def fill_up(self) -> None:
        """Add accounts in use until there are as many cases as promised."""
        import copies
        import scenes
        from nganam.cases.queries import case_models

        missing = CASES - sum(model.objects.count() for model in case_models().values())
        self.make(missing // 2, copies.undone(scenes.account), old=True)
        self.make(missing % 2, copies.undone(scenes.sent_request), old=False)

    def say_who_reads(self) -> None:
        """Save views and a calendar address for those whose pages are measured."""
        import scenes
        from nganam.desk import operations

        for actor in (scenes.LAN, scenes.MINH):
            for name in ("Quá hạn", "Chờ tôi", "Tài khoản"):
                operations.save_view(
                    actor=actor, at=NOW, place="desk:cases", name=name, query="cho=toi&loai=sharing.request"
                )


def make_agencies() -> list[Any]:
    from nganam.agencies.models import Agency

    cast = {one.code: one for one in Agency.objects.filter(code__startswith="CT-")}
    Agency.objects.bulk_create(
        Agency(code=f"CT-B{number:03d}", name=f"Cơ quan số {number}", kind="department", valid_from=date(2025, 7, 1))
        for number in range(AGENCIES - len(cast))
    )
    others = list(Agency.objects.filter(code__startswith="CT-B").order_by("code"))
    first = [cast.pop(code) for code in ("CT-SYT", "CT-X31507")]
    return [*first, *others, *cast.values()]


def make_people(agencies: list[Any]) -> None:
    from nganam.accounts.models import Person
    from nganam.agencies.models import Posting

    missing = OFFICERS - Person.objects.count()
    Person.objects.bulk_create(
        Person(username=f"canbo{number:03d}", full_name=f"Cán bộ {number}", password="!") for number in range(missing)
    )
    Posting.objects.bulk_create(
        Posting(person=person, agency=agencies[place % AGENCIES], role="focal", valid_from=date(2025, 7, 1))
        for place, person in enumerate(Person.objects.filter(username__startswith="canbo").order_by("username"))
    )


if __name__ == "__main__":
    main()
