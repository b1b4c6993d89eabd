"""How an agency stands at the head and foot of its letters (Decree 30/2020, Appendix I), read from its name."""

import re
from datetime import date

from nganam.agencies.models import Agency, AgencyKind
from nganam.agencies.queries import province_agency
from nganam.documents.letters import Issuer, Signer
from nganam.documents.letters.checking import SIGN
from nganam.kernel.errors import NotFound

COMMITTEE = "Ủy ban nhân dân"
COMMITTEES = frozenset({AgencyKind.PROVINCE, AgencyKind.DISTRICT, AgencyKind.COMMUNE})
OF_THE_PROVINCE = frozenset({AgencyKind.OFFICE, AgencyKind.DEPARTMENT})
_COMMITTEE_NAME = re.compile(rf"(?:UBND|{COMMITTEE})\s+", re.IGNORECASE)
_LEVEL = re.compile(r"(tỉnh|thành phố|huyện|thị xã|quận|phường|xã|thị trấn|đặc khu)\s+", re.IGNORECASE)


def issuer_of(agency: Agency, on: date) -> Issuer:
    """Return the head of a letter that ``agency`` signs on ``on``: its name, its sign, the line above it, its place."""
    committee, province = agency.kind in COMMITTEES, _province_name(on)
    home = place_in(agency.name if committee else province)
    name, superior = agency.name, ""
    if committee:
        name = _COMMITTEE_NAME.sub(f"{COMMITTEE}\n", agency.name, count=1)
    elif agency.kind == AgencyKind.POLICE:
        superior = "Bộ Công an"
    elif agency.kind in OF_THE_PROVINCE:
        name, superior = _without_place(agency.name, home), province
    return Issuer(code=agency.code, name=name, sign=sign_of(agency), place=home or province, superior=superior)


def sign_of(agency: Agency) -> str:
    """Return the abbreviation in the agency's numbers: UBND for a committee, else its short name or its code's end."""
    if agency.kind in COMMITTEES:
        return "UBND"
    own = agency.code.partition("-")[2] or agency.code
    return agency.short_name if SIGN.fullmatch(agency.short_name) else own


def signer_of(agency: Agency, name: str, *, title: str = "", deputy: bool = False) -> Signer:
    """Return the signature block of the agency's head (or ``deputy``, or ``title``) with the name of who signs."""
    if agency.kind in COMMITTEES:
        return Signer(prefix=f"TM. {COMMITTEE}", title=title or ("PHÓ CHỦ TỊCH" if deputy else "CHỦ TỊCH"), name=name)
    head = {AgencyKind.OFFICE: "CHÁNH VĂN PHÒNG"}.get(AgencyKind(agency.kind), "GIÁM ĐỐC")
    if title:
        return Signer(title=title, name=name)
    return Signer(prefix=f"KT. {head}" if deputy else "", title=f"PHÓ {head}" if deputy else head, name=name)


def place_in(name: str) -> str:
    """Return the place in a committee's name ("UBND thành phố Cần Thơ" → "Cần Thơ"); a numbered ward keeps "Phường"."""
    rest = _COMMITTEE_NAME.sub("", name, count=1).split(",")[0].strip()
    bare = _LEVEL.sub("", rest, count=1).strip()
    return f"{rest[:1].upper()}{rest[1:]}" if bare.isdecimal() else bare


def _province_name(on: date) -> str:
    try:
        return province_agency(on).name
    except NotFound:
        return ""


def _without_place(name: str, place: str) -> str:
    """Drop the province from a department's name: the line above it has said it."""
    return re.sub(rf"\s+(?:tỉnh|thành phố)\s+{re.escape(place)}$", "", name) if place else name
