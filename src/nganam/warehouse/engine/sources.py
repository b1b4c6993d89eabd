"""Where a database source is and what to read of it; ``databases`` reads it."""

from dataclasses import dataclass, field

from nganam.warehouse.engine.contract import quote


@dataclass(frozen=True, slots=True)
class Database:
    """Where and what to read: ``kind`` is sqlite (``address`` a file), postgresql or mysql (a connection URL).

    ``mysql`` is MySQL or MariaDB. ``pinned`` is the address that was checked: then no name is asked for again.
    """

    name: str
    kind: str
    address: str = field(repr=False)
    table: str = ""
    query: str = ""
    pinned: str = ""

    @property
    def statement(self) -> str:
        """Return the query, or one that reads the whole table (``schema.table`` allowed)."""
        return self.query or f"SELECT * FROM {'.'.join(self._quoted(part) for part in self.table.split('.'))}"

    def _quoted(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`" if self.kind == "mysql" else quote(name)
