"""Walks the main path once through the real doors: each deed is done on a page by the person whose deed it is.

What is done is kept in a file beside the database, so a walk that was cut off is finished by the next start and a
finished one is only checked. ``nganam.demo.browser`` is all it uses: what a person cannot do, it cannot do either.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from nganam.demo import chapter_story, opening, push_story, sharing_story
from nganam.demo.browser import CutOff, StepFailed, in_words
from nganam.demo.province import CAST, passwords
from nganam.demo.story import Story

STEPS: tuple[tuple[str, str, Callable[[Story], None]], ...] = (
    ("agencies", "Cơ quan, mã và người kế tục theo thời gian", opening.agencies),
    ("catalogue", "Khai báo CSDL dùng chung và ban hành danh mục", opening.catalogue),
    ("load", "Nạp nguồn vào kho: dòng bị loại, phiên bản, khác biệt", opening.load),
    ("open", "Mở dữ liệu: đánh giá, chuẩn bị tệp, duyệt đăng, tải về", opening.open_data),
    ("service", "Khai báo, thẩm định, công khai dịch vụ chia sẻ", sharing_story.service),
    ("request", "Yêu cầu kết nối, cấp tài khoản một phần mục tin, nhận khóa", sharing_story.request),
    ("chapter", "Thỏa thuận đặc thù, chia sẻ ngoài tỉnh, vướng mắc, tạm ngừng", chapter_story.chapter_three),
    ("call", "Gọi dịch vụ qua LGSP; các trường hợp bị từ chối; thu hồi", sharing_story.call),
    ("push", "Đẩy bản ghi vào kho qua LGSP, đọc biên nhận", push_story.push),
    ("record", "Nhật ký trao đổi, giám sát, thống kê, chuỗi băm", sharing_story.record),
)


AGAIN = {"call", "record"}
"""What ``--check`` does again on a province that is walked already; a plain second start only tells the addresses."""


TRIES = 4
"""How often a step is taken when it is cut off."""


@dataclass
class Diary:
    """Which deeds are done and what they brought (codes, keys); written beside and renamed after each."""

    path: Path
    kept: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "Diary":
        """Open the diary of a demo folder."""
        path = folder / "demo-walk.json"
        return cls(path, json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})

    def write(self, name: str, value: Any) -> None:
        """Keep one thing."""
        self.kept[name] = value
        beside = self.path.with_suffix(".part")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump(self.kept, out, ensure_ascii=False)
        beside.replace(self.path)


def run(addresses: Mapping[str, str], *, check: bool = False) -> int:
    """Walk what is not walked yet and print what happened; 0, or 1 naming the step that failed."""
    diary = Diary.of(Path(settings.DATA))
    story = Story(dict(addresses), passwords(), diary.kept, diary.write, _say)
    again = bool(diary.kept.get("finished"))
    for number, (name, title, step) in enumerate(STEPS, 1):
        if again and not (check and name in AGAIN):
            continue
        began = time.monotonic()
        _say(f"\n{number}. {title}")
        try:
            _take(step, story)
        except (StepFailed, OSError, httpx.HTTPError) as error:
            print(f"   ✗ bước {number} ({name}) không đạt: {in_words(error)}", file=sys.stderr, flush=True)
            if not check:
                _tell_cast(story)
            return 1
        _say(f"   ✓ {time.monotonic() - began:.1f} giây")
    diary.write("finished", value=True)
    _tell(story, check=check)
    return 0


def _take(step: Callable[[Story], None], story: Story) -> None:
    """Take a step; when a process died in the middle of a form, again: each deed first looks whether it is done."""
    for left in reversed(range(TRIES)):
        try:
            step(story)
        except CutOff as error:
            if not left:
                raise
            _say(f"   … {error}; xem lại việc nào đã xong rồi đi tiếp")
        else:
            return


def _say(text: str) -> None:
    print(text, flush=True)


def _tell(story: Story, *, check: bool) -> None:
    if check:
        _say("\nMọi bước của con đường chính đều đạt.")
    else:
        _tell_cast(story)


def _tell_cast(story: Story) -> None:
    """Say where everything is and who may sign in; a call only when the walk came as far as a credential."""
    _say(f"\nCổng dữ liệu     {story.addresses['web']}/\nLGSP             {story.addresses['gateway']}/")
    _say("\nTài khoản thử (mật khẩu do máy này sinh, chỉ dùng cho tỉnh mẫu):")
    for member in (one for one in CAST if one.username in story.passwords):  # a province made earlier may have fewer
        _say(f"  {member.username:<7} {story.passwords[member.username]:<20} {member.full_name}, {member.does}")
    if "credential" in story.kept:
        _say("\nGọi thử LGSP:")
        _say(sharing_story.curl(story))
