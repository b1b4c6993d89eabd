"""The terms under which open data may be used: those of D18, said plainly, with what they rest on today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from nganam.kernel.clock import local_date
from nganam.law.articles import LOCAL
from nganam.law.rules import RuleSet, rules, rules_on
from nganam.opendata.models import Dataset, Release


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: may, must or must not, in a sentence."""

    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Licence:
    """Conditions with the article they rest on under the dataset's rule set."""

    conditions: Sequence[Condition]
    article: str
    is_local: bool


def licence(dataset: Dataset) -> Licence:
    """Return the terms of use of a dataset under the rule set it was opened with."""
    return _licence(rules(dataset.rules))


def licence_on(day: date) -> Licence:
    """Return the terms of use as they stand on ``day``."""
    return _licence(rules_on(day))


def _licence(found: RuleSet) -> Licence:
    asked = {one.name: one for one in found.required("opendata.dataset")}
    article = asked["terms"].article
    return Licence(_conditions(), article, article == LOCAL)


def _conditions() -> list[Condition]:
    return [
        Condition("check", _("Được tự do sao chép, chia sẻ, trao đổi, sử dụng và kết hợp với dữ liệu khác.")),
        Condition("check", _("Được dùng cho cả mục đích thương mại và phi thương mại, không phải xin phép, miễn phí.")),
        Condition("info", _("Phải ghi rõ nguồn khi sử dụng (mẫu trích dẫn ở dưới).")),
        Condition(
            "x",
            _("Không được bán lại dữ liệu nguyên trạng; dùng trong sản phẩm bán ra thì phải kèm dữ liệu này miễn phí."),
        ),
        Condition(
            "info",
            _("Dữ liệu được cung cấp nguyên trạng; cơ quan nhà nước không chịu trách nhiệm về thiệt hại khi sử dụng."),
        ),
    ]


def citation(dataset: Dataset, release: Release, address: str) -> str:
    """Return the sentence to copy when citing a release."""
    published: date = local_date(release.published_at or release.prepared_at)
    return _("%(publisher)s, “%(title)s”, phiên bản %(number)s ngày %(day)s, %(address)s.") % {
        "publisher": dataset.publisher.name,
        "title": dataset.title,
        "number": release.number,
        "day": f"{published:%d/%m/%Y}",
        "address": address,
    }
