"""An official letter of one page drawn as PDF/A and as DOCX; the signatures of a PDF read in a process of their own."""

import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import date

import measure

LETTERS = 50
ADDRESS = "https://example.vn/van-ban/xac-minh/aaaaaaaaaaaaaaaaaaaaaaaaaa/"


def run(_demo: measure.Platform) -> measure.Result:
    """Measure both renderers and the signature reader in this process and its children."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "nganam.site.settings"
    import django

    django.setup()
    from nganam.documents.letters import docx, pdf
    from nganam.documents.signatures import verify_pdf
    from nganam.kernel.clock import SystemClock

    letter = _letter()
    drawn = pdf.render(letter)
    cases = {
        "PDF/A": lambda: _timed(LETTERS, lambda: pdf.render(letter)),
        "DOCX": lambda: _timed(LETTERS, lambda: docx.render(letter)),
        "signatures of a PDF": lambda: _timed(3, lambda: verify_pdf(drawn, at=SystemClock().now())),
    }
    return measure.rounds("An official letter of one page", cases)


def _letter():
    from nganam.documents.letters import Issued, Issuer, Letter, Signer

    issuer = Issuer(
        code="CT-SKHCN", name="Sở Khoa học và Công nghệ", sign="SKHCN", place="Cần Thơ", superior="UBND thành phố"
    )
    letter = Letter(
        kind="QĐ", issuer=issuer, signed_on=date(2026, 11, 3), subject="Về việc cấp tài khoản kết nối",
        authority="Giám đốc Sở", basis=("Căn cứ Nghị định số 47/2020/NĐ-CP;", "Theo yêu cầu YC-2026-0001"),
        articles=tuple("Cấp tài khoản kết nối cho ứng dụng Một cửa điện tử. " * 3 for _ in range(3)),
        signer=Signer(title="GIÁM ĐỐC", name="Trần Văn Minh"),
    )  # fmt: skip
    return Issued(letter=letter, number="12/QĐ-SKHCN", address=ADDRESS)


def _timed(times: int, deed: Callable[[], object]) -> measure.Figures:
    told = measure.Timings()
    began, used = time.perf_counter(), _used()
    for _ in range(times):
        asked = time.perf_counter()
        deed()
        told.seconds.append(time.perf_counter() - asked)
    told.wall = time.perf_counter() - began
    figures = told.figures()
    return {"cpu_ms": (_used() - used) / times * 1000, **{name: figures[name] for name in ("p50_ms", "p95_ms")}}


def _used() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


if __name__ == "__main__":
    sys.exit(measure.main("letters", run))
