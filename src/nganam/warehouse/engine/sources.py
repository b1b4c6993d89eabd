"""Where a database source is and what to read of it; ``databases`` reads it."""

from dataclasses import dataclass

from nganam.warehouse.engine.contract import quote


@dataclass(frozen=True, slots=True)
class Database:
    """Where and what to read: ``kind`` is sqlite (``address`` a file) or postgresql (``address`` a connection URL)."""

    name: str
    kind: str
    address: str
    table: str = ""
    query: str = ""

    @property
    def statement(self) -> str:
        """Return the query, or one that reads the whole table (``schema.table`` allowed)."""
        return self.query or f"SELECT * FROM {'.'.join(quote(part) for part in self.table.split('.'))}"
