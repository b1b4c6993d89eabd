"""How one consumer's questions about one service become SQL: built once per snapshot, then only bound and run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from nganam.serving.problems import bad_request, fields_not_granted
from nganam.serving.snapshot import Grant, Service
from nganam.serving.values import Value, read_value

Row = Sequence[Any]


def quoted(name: str) -> str:
    """Return a column name as SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Plan:
    """What a consumer may read of a service. Only columns of the snapshot become SQL; values are always bound."""

    code: str
    consumer: str
    service: Service
    grant: Grant
    names: tuple[str, ...]
    booleans: tuple[int, ...]
    guards: tuple[tuple[int, frozenset[str]], ...]
    columns: str
    lookup_sql: str

    def filters(self) -> tuple[str, ...]:
        """Return the columns this consumer may filter by: an answer by a column would tell what it holds.

        One that is neither granted nor personal may be asked by equality only.
        """
        hidden = {*self.service.personal} - {*self.names}
        return tuple(name for name in self.service.filters if name not in hidden)

    def record(self, row: Row) -> dict[str, Any]:
        """Return a row as the object the consumer gets: the granted fields in the service's order."""
        found = dict(zip(self.names, row, strict=False))
        for position in self.booleans:
            value = row[position]
            found[self.names[position]] = None if value is None else bool(value)
        return found

    def permits(self, row: Row) -> bool:
        """Say whether the row lies within the granted scope."""
        return all(str(row[position]) in allowed for position, allowed in self.guards)

    def scope_sql(self, of: str = "") -> tuple[list[str], list[str]]:
        """Return the granted scope as conditions on the rows called ``of`` (with its dot), and their values."""
        conditions: list[str] = []
        values: list[str] = []
        for name, allowed in sorted(self.grant.where.items()):
            conditions.append(f"{of}{quoted(name)} IN ({', '.join('?' * len(allowed))})")
            values += allowed
        return conditions, values

    def bound(self, name: str, text: str) -> Value:
        """Return a value from the address as the column's type; raise ``Refused`` when it cannot be one."""
        return read_value(name, self.service.type_of(name), text)

    def narrowed(self, wanted: Sequence[str]) -> "Plan":
        """Return the plan that answers only these of the granted fields; raise ``Refused`` for any other name.

        What a service offers is public, so that a field not granted is told apart from one that is not there.
        """
        other = [name for name in wanted if name not in self.names]
        unknown = sorted(set(other) - {field.name for field in self.service.fields})
        if not wanted or not all(wanted) or unknown:
            told = f"Không có mục tin: {', '.join(unknown)}." if any(unknown) else "Tham số fields để trống."
            raise bad_request(told, f"Các mục tin được cấp: {', '.join(self.names)}.", known=list(self.names))
        if len(set(wanted)) < len(wanted):
            raise bad_request("Có mục tin lặp lại.", "Mỗi mục tin chỉ viết một lần.")
        if other:
            raise fields_not_granted(other)
        return plan(self.consumer, self.code, self.service, msgspec.structs.replace(self.grant, fields=tuple(wanted)))


def plan(consumer: str, code: str, service: Service, grant: Grant) -> Plan:
    """Return the plan of a grant; granted names the service does not offer are left out."""
    granted = set(grant.fields)
    names = tuple(field.name for field in service.fields if field.name in granted)
    guards = tuple(
        (len(names) + position, frozenset(allowed)) for position, (_, allowed) in enumerate(sorted(grant.where.items()))
    )
    columns = ", ".join([quoted(name) for name in (*names, *sorted(grant.where))]) or "1"
    where = " AND ".join(f"{quoted(name)} = ?" for name in service.lookup)
    return Plan(
        code=code, consumer=consumer, service=service, grant=grant, names=names, guards=guards, columns=columns,
        booleans=tuple(place for place, name in enumerate(names) if service.type_of(name) == "boolean"),
        lookup_sql=f"SELECT {columns} FROM rows WHERE {where} LIMIT 2",  # noqa: S608 - names come from the snapshot
    )  # fmt: skip
