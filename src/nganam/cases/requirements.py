"""What every deed asks before it writes: may the actor, and is what the rule set requires there."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from nganam.kernel.errors import Invalid, NotAllowed
from nganam.law.rules import RequiredField, rules


def allow(reason: str) -> None:
    """Refuse when a policy gave a reason; "" means allowed."""
    if reason:
        raise NotAllowed(reason)


def refuse_incomplete(form: str, values: Mapping[str, Any], *, rules_version: str, message: str) -> None:
    """Raise ``Invalid`` naming each missing field with its article, as the case's rule set asks."""
    missing = rules(rules_version).missing(form, values)
    if missing:
        raise Invalid(
            message,
            fields={one.name: [_words(one)] for one in missing},
            hint=_("Điền các mục còn thiếu rồi gửi lại; những gì đã nhập vẫn được giữ."),
        )


def _words(one: RequiredField) -> str:
    return _("Cần điền “%(field)s” (%(article)s).") % {"field": one.vi, "article": one.article}
