"""A made-up record of a table and the call that pushes it, for the page: the same each time, nobody's data."""

import json
import shlex
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from nganam.warehouse.engine import made_up
from nganam.warehouse.models import Table
from nganam.warehouse.sandbox import known_codes


def record(table: Table, at: datetime) -> dict[str, Any]:
    """Return one record by the table's columns, as JSON holds it; every value empty when none can be made up."""
    communes, codes = known_codes(table, at)
    rows = made_up.batch(table.shape, seed=table.code, communes=communes, codes=codes, rows=1).to_pylist()
    made = rows[0] if rows else dict.fromkeys(table.shape.names)
    return {name: _plain(value) for name, value in made.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def curl(address: str, sample: dict[str, Any]) -> str:
    """Return the call of the command line that pushes one record."""
    body = json.dumps([sample], ensure_ascii=False)
    return (
        f"curl -X POST {shlex.quote(address)} \\\n"
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        '  -H "Idempotency-Key: $(uuidgen)" \\\n'
        f"  --data-binary {shlex.quote(body)}"
    )
