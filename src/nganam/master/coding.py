"""Codes of entities over runs: written by the run that joined their records, in its transaction."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count

from nganam.master.engine.codes import plan, written
from nganam.master.models import Entity, EntitySet, Membership, Run, Series
from nganam.master.words import PREFIXES

AT_ONCE = 1000
Counts = Mapping[str, tuple[int, int]]


def give_codes(one: Run, group: Mapping[str, str], counts: Counts, *, at: datetime) -> dict[str, int]:
    """Let every group have its entity and every record its membership; return how many are new, merged and ended."""
    found = one.set
    held = {entity.pk: entity for entity in found.entities.filter(ended_at=None, merged_into=None)}
    before = dict(Membership.objects.filter(set=found).values_list("record", "entity"))
    made = plan(before, group, {pk: entity.number for pk, entity in held.items()})
    entities = {name: held[pk] for name, pk in made.kept.items()} | _new(one, made.new, counts)
    changed = []
    for name, entity in entities.items():
        if (entity.records, entity.conflicts) != counts[name]:
            entity.records, entity.conflicts = counts[name]
            changed.append(entity)
    for old, now in made.merged.items():
        held[old].merged_into, held[old].records, held[old].conflicts = held[now], 0, 0
        changed.append(held[old])
    for pk in made.ended:
        held[pk].ended_at, held[pk].records, held[pk].conflicts = at, 0, 0
        changed.append(held[pk])
    Entity.objects.bulk_update(changed, ["records", "conflicts", "merged_into", "ended_at"], batch_size=200)
    _keep_memberships(found, before, {record: entities[name].pk for record, name in group.items()})
    return {"new": len(made.new), "merged": len(made.merged), "ended": len(made.ended)}


def _new(one: Run, groups: list[str], counts: Counts) -> dict[str, Entity]:
    if not groups:
        return {}
    prefix = PREFIXES[one.set.kind]
    Series.objects.get_or_create(prefix=prefix)
    series = Series.objects.select_for_update().get(prefix=prefix)
    numbers = count(series.last + 1)
    made = [
        Entity(
            set=one.set, number=number, code=written(prefix, number), made_in=one, records=counts[name][0],
            conflicts=counts[name][1],
        )
        for name, number in zip(groups, numbers, strict=False)
    ]  # fmt: skip
    series.last += len(made)
    series.save(update_fields=["last"])
    Entity.objects.bulk_create(made, batch_size=AT_ONCE)
    return dict(zip(groups, made, strict=True))


def _keep_memberships(found: EntitySet, before: Mapping[str, int], now: Mapping[str, int]) -> None:
    """Write only what differs."""
    held = Membership.objects.filter(set=found)
    stale = [record for record, entity in before.items() if now.get(record) != entity]
    for start in range(0, len(stale), AT_ONCE):
        held.filter(record__in=stale[start : start + AT_ONCE]).delete()
    fresh = [
        Membership(set=found, record=record, entity_id=entity)
        for record, entity in now.items()
        if before.get(record) != entity
    ]
    Membership.objects.bulk_create(fresh, batch_size=AT_ONCE)
