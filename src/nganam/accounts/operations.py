"""Every write of people: accounts are opened, corrected, closed, never deleted."""

import secrets
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from nganam.accounts import policies, queries
from nganam.accounts.models import Person
from nganam.audit import operations as audit
from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NotAllowed, StateMoved


def new_password() -> str:
    """Return a first password to hand over once: 16 letters and digits in groups of four."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _each in range(4)) for _group in range(4))


@transaction.atomic
def open_account(
    *, actor: Actor, at: datetime, username: str, full_name: str, password: str, email: str = "", phone: str = ""
) -> Person:
    """Open an account; ``password`` must meet the platform's rules. Without a posting nothing may be done with it."""
    allow(policies.may_keep_accounts(actor))
    person = Person(username=username.strip().lower(), full_name=full_name.strip(), email=email, phone=phone)
    person.created_at = at
    fields = _faults(person, password)
    if fields:
        raise Invalid(_("Thông tin tài khoản chưa hợp lệ."), fields=fields, hint=_("Sửa các mục được đánh dấu."))
    person.set_password(password)
    person.save(force_insert=True)
    _record(actor, at, "accounts.person.opened", person)
    return person


def _faults(person: Person, password: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    try:
        person.full_clean(exclude=["password"])
    except ValidationError as error:
        fields |= {("username" if name == "__all__" else name): texts for name, texts in error.message_dict.items()}
    try:
        validate_password(password, person)
    except ValidationError as error:
        fields["password"] = list(error.messages)
    return fields


@transaction.atomic
def edit_account(
    *, actor: Actor, at: datetime, username: str, full_name: str, email: str = "", phone: str = ""
) -> Person:
    """Correct name and contact; the username never changes, the audit record refers to it."""
    allow(policies.may_keep_accounts(actor))
    person = queries.person(username)
    person.full_name, person.email, person.phone = full_name.strip(), email, phone
    try:
        person.full_clean(exclude=["password", "username"])
    except ValidationError as error:
        raise Invalid(_("Thông tin tài khoản chưa hợp lệ."), fields=error.message_dict) from error
    person.save(update_fields=["full_name", "email", "phone"])
    _record(actor, at, "accounts.person.edited", person)
    return person


@transaction.atomic
def set_account_open(*, actor: Actor, at: datetime, username: str, is_open: bool) -> Person:
    """Close an account (sessions end at the next request) or open it again. Nobody closes their own."""
    allow(policies.may_keep_accounts(actor))
    person = queries.person(username)
    if person.username == actor.code:
        raise NotAllowed(_("Không ai được tự khóa tài khoản của mình."))
    moved = Person.objects.filter(pk=person.pk, is_active=not is_open).update(is_active=is_open)
    if not moved:
        raise StateMoved(_("Tài khoản đã ở trạng thái này."), state="open" if is_open else "closed")
    _record(actor, at, "accounts.person.reopened" if is_open else "accounts.person.closed", person)
    person.refresh_from_db()
    return person


@transaction.atomic
def reset_password(*, actor: Actor, at: datetime, username: str, password: str) -> Person:
    """Give a new first password to somebody who lost theirs; their sessions end."""
    allow(policies.may_keep_accounts(actor))
    person = queries.person(username)
    faults = _faults(person, password).get("password")
    if faults:
        raise Invalid(_("Mật khẩu chưa đạt yêu cầu."), fields={"password": faults})
    person.set_password(password)
    person.save(update_fields=["password"])
    _record(actor, at, "accounts.person.password_reset", person)
    return person


def _record(actor: Actor, at: datetime, action: str, person: Person) -> None:
    audit.record(actor=actor, at=at, action=action, object_type="accounts.person", object_code=person.username)
