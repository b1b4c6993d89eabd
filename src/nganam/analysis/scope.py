"""What an officer may ask: a table of their own agency whole, another's within an account in use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from nganam.agencies.queries import lineage
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.queries import beyond_purpose, live_accounts
from nganam.warehouse import policies
from nganam.warehouse import queries as warehouse
from nganam.warehouse.engine.contract import Column
from nganam.warehouse.models import Table, Version


@dataclass(frozen=True)
class Scope:
    """One thing to ask: the table, which version, which columns of which records; ``is_whole`` where all of it is."""

    ref: str
    table: Table
    version: Version
    columns: tuple[Column, ...]
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    account: Account | None = None

    @property
    def is_whole(self) -> bool:
        """Say whether the officer may see single records anyway."""
        return self.account is None

    @property
    def hides_small(self) -> bool:
        """Say whether small groups are left out, as the exchange does: single records must not be told apart."""
        return not self.is_whole

    def column(self, name: str) -> Column | None:
        """Return the column with this name that may be asked about."""
        return next((one for one in self.columns if one.name == name), None)


def scopes_for(actor: Actor, at: datetime) -> list[Scope]:
    """Return everything the officer may ask, own tables first, by title."""
    own = warehouse.tables_for(actor).filter(versions__isnull=False).distinct()
    newest = _newest([table.pk for table in own])
    whole = [_of_own(actor, one.code, newest[one.pk]) for one in own]
    accounts = _granted(actor, at)
    present = _newest([one.service.table_id for one in accounts if one.service.table_id])
    granted = [made for one in accounts if (made := _within(one, present.get(one.service.table_id or 0))) is not None]
    return [*whole, *granted]


def get_scope_for(actor: Actor, ref: str, at: datetime, *, number: int | None = None) -> Scope:
    """Return one thing to ask, at a version (the present one by default); what is not theirs is not found.

    Through an account only the present version is asked, as at the exchange: what has left is not theirs to see.
    """
    account = next((one for one in _granted(actor, at) if one.code == ref), None)
    table = account.service.table if account else warehouse.get_table_for(actor, ref)
    version = _version(table, number) if table and not (account and number) else None
    if table is None or version is None:
        raise NotFound(_("Bảng chưa có phiên bản này."), hint=_("Chọn một phiên bản ở trang của bảng."))
    made = _within(account, version) if account else _of_own(actor, ref, version)
    if made is None:
        raise NotFound(_("Tài khoản không còn mục tin nào của bảng."))
    return made


def _of_own(actor: Actor, ref: str, version: Version) -> Scope:
    """Return a table the officer works with: whole, but its personal columns are the owner's alone (nội bộ)."""
    return Scope(ref, version.table, version, policies.visible(actor, version))


def _version(table: Table, number: int | None) -> Version | None:
    return table.versions.filter(number=number).first() if number else warehouse.current_version(table)


def _granted(actor: Actor, at: datetime) -> list[Account]:
    """Return the accounts in use of the actor's agency, or of one it took over from, to services made from tables."""
    if not actor.agency:
        return []
    found = live_accounts(local_date(at)).filter(
        application__agency__code__in=lineage(actor.agency), service__table__versions__isnull=False
    )
    found = found.exclude(pk__in=beyond_purpose()).select_related("service__table__agency")
    return list(found.prefetch_related("service__fields").distinct().order_by("service__name", "code"))


def _within(account: Account, version: Version | None) -> Scope | None:
    table = account.service.table
    if table is None or version is None:
        return None
    granted = set(account.granted_fields) & {one.name for one in account.service.fields.all()}
    columns = tuple(one for one in version.shape.columns if one.name in granted)
    rows = {name: tuple(map(str, allowed)) for name, allowed in account.rows.items()}
    # A record limit on a column the version no longer has lets nothing through.
    if not columns or not set(rows) <= set(version.shape.names):
        return None
    return Scope(account.code, table, version, columns, rows, account)


def _newest(tables: list[int]) -> dict[int, Version]:
    last = Version.objects.filter(table=OuterRef("table")).order_by("-number").values("number")[:1]
    found = Version.objects.filter(table__in=tables, number=Subquery(last)).select_related("table__agency")
    return {one.table_id: one for one in found}
