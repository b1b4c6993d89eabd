"""The rules that open incidents: what each looks at, its thresholds, and pure functions that judge.

Thresholds are the lead agency's choice ("nội bộ"): no law sets them. So that few alarms are false, a rule wants a least
number of calls, an incident stays one until the thing has been calm for a while, and what is "unusual" is told by
median and MAD of the same hour of earlier weeks, which a single odd day does not move.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from nganam.lgsp.watching.models import AlertRule

WEEKS, LEAST_WEEKS = 8, 4
DAYS, LEAST_DAYS = 28, 10
MAD_TO_SIGMA = 1.4826
LEAST_SPREAD = 0.1
"""What varies less than a tenth of its median is taken to vary so much: a count that never moved may move a little."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its thresholds. ``unit`` says what ``threshold`` counts; ``is_told`` whether it sends notices."""

    key: str
    title: Lazy | str
    about: Lazy | str
    unit: Lazy | str
    minutes: int
    least: int
    threshold: int
    calm_minutes: int
    tone: str = "warn"
    is_on: bool = True
    is_told: bool = True
    for_consumers: bool = False


RULES: tuple[Rule, ...] = (
    Rule(
        "platform", _("Nền tảng LGSP không hoạt động"),
        _("Không nút cổng nào trả lời, hoặc tiến trình ghi bằng chứng ngừng, hoặc ổ đĩa sắp đầy."),
        "", 1, 0, 0, 5, tone="bad",
    ),
    Rule(
        "down", _("Dịch vụ không phục vụ được"),
        _("Tỷ lệ cuộc gọi lỗi của nền tảng hoặc hệ thống nguồn từ ngưỡng trở lên; từ chối và tạm ngừng không tính."),
        "%", 5, 5, 90, 10, tone="bad", for_consumers=True,
    ),
    Rule(
        "errors", _("Lỗi tăng đột biến"),
        _("Như trên, với ngưỡng thấp hơn và nhiều cuộc gọi hơn; không mở khi dịch vụ đã bị coi là không phục vụ được."),
        "%", 10, 20, 10, 20,
    ),
    Rule(
        "refusals", _("Nhiều lần bị từ chối"),
        _("Một bên gọi bị cổng từ chối nhiều lần, và tỷ lệ bị từ chối từ ngưỡng trở lên."),
        "%", 10, 50, 50, 30, for_consumers=True,
    ),
    Rule(
        "volume", _("Lượng cuộc gọi bất thường"),
        _("Số cuộc gọi trong giờ lệch khỏi trung vị của cùng giờ, cùng thứ tám tuần trước quá ngưỡng, tính theo độ "
          "lệch trung vị tuyệt đối (MAD × 1,4826); cần ít nhất bốn tuần lịch sử."),
        "σ", 60, 100, 6, 60, for_consumers=True,
    ),
    Rule(
        "hours", _("Gọi vào giờ bất thường"),
        _("Gọi vào một giờ trong ngày mà 28 ngày qua không gọi quá ngưỡng ngày; chỉ xét bên đã gọi từ mười ngày "
          "trở lên."),
        _("ngày"), 60, 10, 0, 60, for_consumers=True,
    ),
    Rule(
        "quota", _("Hết hạn mức"),
        _("Tài khoản đã dùng hạn mức ngày hoặc tháng từ ngưỡng trở lên. Các bên đã được báo ở 80% và 100% nên không "
          "báo thêm."),
        "%", 1, 0, 100, 0, is_told=False, for_consumers=True,
    ),
)  # fmt: skip
SET = ("is_on", "minutes", "least", "threshold", "calm_minutes")
USES = {
    "platform": ("is_on", "calm_minutes"), "volume": ("is_on", "least", "threshold", "calm_minutes"),
    "hours": ("is_on", "least", "threshold", "calm_minutes"), "quota": ("is_on", "threshold"),
}  # fmt: skip
"""The thresholds that mean something to a rule, where not all do: pages show these only."""
BY_KEY = {rule.key: rule for rule in RULES}


def in_force() -> dict[str, Rule]:
    """Return the rules with the thresholds of today, by key."""
    changed = {row.key: row for row in AlertRule.objects.all()}
    return {rule.key: _as_set(rule, changed.get(rule.key)) for rule in RULES}


def _as_set(rule: Rule, row: AlertRule | None) -> Rule:
    return rule if row is None else replace(rule, **{name: getattr(row, name) for name in SET})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule holds of: which service of whom, called by whom ("" for everybody), and the figures that say so."""

    rule: str
    service: str = ""
    provider: str = ""
    consumer: str = ""
    figures: tuple[tuple[str, Any], ...] = ()

    @property
    def thing(self) -> tuple[str, str, str]:
        """Return what an incident is one of."""
        return (self.rule, self.service, self.consumer)


def share(part: int, whole: int) -> int:
    """Return a share in whole per cent, rounded down."""
    return 100 * part // whole if whole else 0


def holds(rule: Rule, part: int, whole: int) -> bool:
    """Say whether a share is at the rule's threshold, of calls enough to tell."""
    return whole >= max(rule.least, 1) and share(part, whole) >= rule.threshold


def deviation(count: int, history: Sequence[int]) -> float | None:
    """Return by how many robust standard deviations a count is above (or below) its history; ``None`` if too short.

    The spread is at least a tenth of the median, and at least what chance does to counts (√median), and one call.
    """
    if len(history) < LEAST_WEEKS:
        return None
    middle = statistics.median(history)
    spread = MAD_TO_SIGMA * statistics.median(abs(one - middle) for one in history)
    return (count - middle) / max(spread, LEAST_SPREAD * middle, math.sqrt(middle), 1.0)


def unusual_volume(rule: Rule, count: int, history: Sequence[int], *, is_whole: bool) -> float | None:
    """Return the deviation of an hour's count that is unusual, else ``None``.

    Few calls are judged only when the hour is over (``is_whole``), and where many were usual.
    """
    found = deviation(count, history)
    if found is None:
        return None
    if found >= rule.threshold and count >= rule.least:
        return found
    few = is_whole and -found >= rule.threshold and statistics.median(history) >= rule.least
    return found if few else None


def unusual_hour(rule: Rule, count: int, days_called: int, days_at_this_hour: int) -> bool:
    """Say whether a consumer that calls regularly now calls at an hour at which it (almost) never did."""
    return count >= rule.least and days_called >= LEAST_DAYS and days_at_this_hour <= rule.threshold
