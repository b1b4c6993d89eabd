"""Letters of a deed on a case: head and foot of the agency that signs, the basis the rules give, tied to the case."""

from dataclasses import dataclass
from datetime import date, datetime

from nganam.agencies.letterhead import issuer_of, signer_of
from nganam.agencies.models import Agency
from nganam.cases import operations as cases
from nganam.cases.models import Case
from nganam.documents.letters import Letter, Table
from nganam.documents.models import Paper
from nganam.documents.operations import issue_letter
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.law.articles import LOCAL, cite
from nganam.law.rules import rules

FOCAL = "CÁN BỘ ĐẦU MỐI"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a deed's letter says beside its head and foot; ``articles`` for a decision, ``body`` for the others."""

    kind: str
    subject: str
    recipients: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    table: Table | None = None
    copies: tuple[str, ...] = ("Như trên", "Lưu: VT")
    authority: str = ""


def basis_of(case: Case, *clauses: str) -> tuple[str, ...]:
    """Return the "Căn cứ" lines: the clauses the deed rests on, and the rules the case is judged by."""
    cited = tuple(f"Căn cứ {cite(one)};" for one in clauses if one != LOCAL)
    return (*cited, f"Căn cứ quy định áp dụng cho hồ sơ: {rules(case.rules).vi};")


def letter_of(words: Words, *, agency: Agency, on: date, signer: str, officer: str) -> Letter:
    """Return the whole letter; without a ``signer`` the focal officer signs under their own name."""
    block = signer_of(agency, signer) if signer.strip() else signer_of(agency, officer, title=FOCAL)
    return Letter(
        kind=words.kind, issuer=issuer_of(agency, on), signed_on=on, subject=words.subject, signer=block,
        recipients=words.recipients, authority=words.authority, basis=words.basis, body=words.body,
        articles=words.articles, table=words.table, copies=words.copies,
    )  # fmt: skip


def send(
    words: Words, *, actor: Actor, at: datetime, case: Case, agency: Agency, signer: str = "", unit_sign: str = "",
    officer: str = "",
) -> Paper:  # fmt: skip
    """Issue a deed's letter within the deed's transaction and return its paper; ``Invalid`` names what it lacks.

    ``officer`` is who stands behind what the system does.
    """
    cases.hold(case)
    letter = letter_of(words, agency=agency, on=local_date(at), signer=signer, officer=officer or actor.name)
    return issue_letter(
        actor=actor, at=at, letter=letter, object_type=case.MACHINE.code, object_code=case.code, unit_sign=unit_sign
    )
