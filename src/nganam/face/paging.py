"""Pages of long lists: keys are counted and sorted, and only the rows of the page shown are read whole.

To sort twenty thousand rows with all that a line of the list shows costs most of what the page may; to sort their keys
costs a tenth.
"""

from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property

M = TypeVar("M", bound=Model)
PAGE = 30  # rows: 50 took 41 ms of CPU, our bar is 30
NUMBER = "trang"


def first(rows: QuerySet[M], count: int, *, start: int = 0, whole: QuerySet[M] | None = None) -> QuerySet[M]:
    """Return ``count`` of ``rows`` from the one at ``start``, in their order: sorted as keys, then read; one query.

    ``whole`` is what they are read from, in the same order, where choosing them again would cost something.
    """
    return (rows if whole is None else whole).filter(pk__in=rows.values("pk")[start : start + count])


class KeyPaginator(Paginator[Any]):
    """Django's paginator, but a page's rows are chosen by their keys."""

    def __init__(self, rows: QuerySet[Any], size: int, whole: QuerySet[Any] | None = None) -> None:
        super().__init__(rows, size)
        self.whole = whole

    def page(self, number: Any) -> Page[Any]:
        """Return one page; its number is checked as ever."""
        valid = self.validate_number(number)
        rows: Any = self.object_list
        return Page(first(rows, self.per_page, start=(valid - 1) * self.per_page, whole=self.whole), valid, self)


class OncePaginator(KeyPaginator):
    """The same, where choosing costs more than reading the keys of all that was chosen: they are chosen once."""

    @cached_property
    def keys(self) -> list[Any]:
        """Return the keys of all rows in their order."""
        rows: Any = self.object_list
        return list(rows.values_list("pk", flat=True))

    @cached_property
    def count(self) -> int:
        """Return how many rows there are."""
        return len(self.keys)

    def page(self, number: Any) -> Page[Any]:
        """Return one page; its number is checked as ever."""
        valid = self.validate_number(number)
        start = (valid - 1) * self.per_page
        whole: Any = self.object_list if self.whole is None else self.whole
        return Page(whole.filter(pk__in=self.keys[start : start + self.per_page]), valid, self)


class ShortPaginator(KeyPaginator):
    """The same, where all rows mostly fit on one page: then they are read once and need no counting."""

    @cached_property
    def head(self) -> list[Any]:
        """Return the rows of the first page and one more, if there is one."""
        rows: Any = self.object_list
        return list(rows[: self.per_page + 1])

    @cached_property
    def count(self) -> int:
        """Return how many rows there are."""
        return len(self.head) if len(self.head) <= self.per_page else super().count

    def page(self, number: Any) -> Page[Any]:
        """Return one page; its number is checked as ever."""
        if self.count > self.per_page:
            return super().page(number)
        return Page(self.head, self.validate_number(number), self)


def page_of(
    rows: QuerySet[M], asked: QueryDict, *, whole: QuerySet[M] | None = None, at_once: bool = False, short: bool = False
) -> Page[M]:
    """Return the page of ``rows`` (in a whole order) that an address asks for by ``?trang=``; the nearest there is.

    ``at_once`` is for rows that are costly to choose and thousands at most, ``short`` for those that mostly fit on one
    page.
    """
    kind = OncePaginator if at_once else ShortPaginator if short else KeyPaginator
    return kind(rows, PAGE, whole).get_page(asked.get(NUMBER))
