"""The papers of an appraisal, and of the end of a service. Official wording, always Vietnamese; pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from nganam.agencies.correspondence import Words, basis_of
from nganam.documents.letters import Issuer, Letter, Signer, Table
from nganam.documents.letters.content import paragraphs
from nganam.documents.models import Paper
from nganam.law.articles import article
from nganam.services import checklist
from nganam.services.models import Service

RESULTS = {checklist.MET: "Đạt", checklist.UNMET: "Chưa đạt", checklist.NOT_ASKED: "Không áp dụng"}
HEAD = ("TT", "Mục thẩm định", "Căn cứ", "Kết quả", "Ý kiến")
COPIES = ("Như trên", "Lưu: VT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraised:
    """What the letters need to know: the thing, its provider, the findings by line, and the general remark."""

    code: str
    name: str
    provider: str
    handed_in: date
    version: bool
    findings: Sequence[tuple[str, str, str]]
    conclusion: str = ""

    @property
    def what(self) -> str:
        """Return the thing in words."""
        kind = "phiên bản mới của dịch vụ chia sẻ dữ liệu" if self.version else "dịch vụ chia sẻ dữ liệu"
        return f"{kind} {self.code} “{self.name}”"


def ended_words(service: Service, reason: str) -> Words:
    """Return the notice that a service is not provided any more (D44.3)."""
    return Words(
        kind=Paper.Kind.NOTICE,
        subject=f"Về việc ngừng cung cấp dịch vụ chia sẻ dữ liệu {service.code}",
        recipients=("Các cơ quan, đơn vị khai thác dịch vụ",),
        basis=basis_of(service, "D44.3"),
        body=(
            f"{service.provider.name} thông báo ngừng cung cấp dịch vụ {service.code} “{service.name}”.",
            *paragraphs(f"Lý do: {reason}"),
            "Bên khai thác dừng gọi dịch vụ; việc xóa, hủy dữ liệu đã nhận thực hiện theo quy chế khai thác, sử dụng.",
        ),
        copies=("Như trên", "Cơ quan đầu mối cấp tỉnh", "Cổng dữ liệu của tỉnh (để đăng)", "Lưu: VT"),
    )


def passed_letter(thing: Appraised, *, issuer: Issuer, signer: Signer, on: date) -> Letter:
    """Return the notice that every line is met (S14.1)."""
    after = (
        "Phiên bản được áp dụng sau khi đơn vị báo trước cho các cơ quan đang khai thác."
        if thing.version
        else "Dịch vụ được triển khai, kiểm thử trên LGSP; khi sẵn sàng kết nối, đơn vị công khai trong thời hạn "
        "quy định."
    )
    return Letter(
        kind=Paper.Kind.NOTICE, issuer=issuer, signed_on=on, signer=signer, recipients=(thing.provider,), copies=COPIES,
        subject=f"kết quả thẩm định {thing.what}", body=(*_opening(thing), "Kết luận: đạt.", *_said(thing), after),
        table=_table(thing.findings),
    )  # fmt: skip


def returned_letter(thing: Appraised, *, issuer: Issuer, signer: Signer, on: date) -> Letter:
    """Return the letter that sends a description back with what is not met."""
    return Letter(
        kind=Paper.Kind.LETTER, issuer=issuer, signed_on=on, signer=signer, recipients=(thing.provider,), copies=COPIES,
        subject=f"đề nghị bổ sung {thing.what}",
        body=(
            *_opening(thing),
            "Đề nghị đơn vị bổ sung các nội dung chưa đạt nêu trong bảng kèm theo rồi gửi thẩm định lại.",
            *_said(thing),
        ),
        table=_table([one for one in thing.findings if one[1] == checklist.UNMET]),
    )  # fmt: skip


def _opening(thing: Appraised) -> Iterable[str]:
    yield (
        f"Căn cứ khoản 1 Điều 14 Quy chế khai thác, sử dụng và chia sẻ dữ liệu số, cơ quan đầu mối đã thẩm định "
        f"{thing.what} do {thing.provider} gửi ngày {thing.handed_in:%d/%m/%Y}."
    )


def _said(thing: Appraised) -> tuple[str, ...]:
    return paragraphs(thing.conclusion)


def _cited(code: str) -> str:
    """Return the clause a line rests on, as an official text cites it."""
    return article(checklist.line(code).article).citation_vi


def _table(findings: Iterable[tuple[str, str, str]]) -> Table:
    rows = [
        (str(number), checklist.line(code).vi, _cited(code), RESULTS[result], remark)
        for number, (code, result, remark) in enumerate(findings, 1)
    ]
    return Table(head=HEAD, rows=tuple(rows), title="Kết quả từng mục")
