"""What rows have been checked against."""

from typing import Any

from nganam.warehouse.engine.contract import Contract


def ruled(shape: Contract) -> list[tuple[Any, ...]]:
    """Return what rows have been checked against: other titles or units make no other rows."""
    return [
        (
            one.name, one.type, one.key, one.required, one.pattern, one.minimum, one.maximum, one.allowed, one.codelist,
            one.codes_on,
        )
        for one in shape.columns
    ]  # fmt: skip
