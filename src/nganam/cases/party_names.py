"""What a party of a case, or a role of the province, is called for people, by the word of the tables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartyName:
    """A party word with its name in both languages."""

    word: str
    vi: str
    en: str


PARTY_NAMES = {
    one.word: one
    for one in (
        PartyName("admin", "Quản trị hệ thống", "Administrator"),
        PartyName("agency", "Cơ quan cử đầu mối", "Nominating agency"),
        PartyName("chairman", "Chủ tịch UBND", "Chairman"),
        PartyName("checker", "Bên kiểm tra tuân thủ", "Checking side"),
        PartyName("consumer", "Bên khai thác", "Consumer"),
        PartyName("exploiter", "Bên khai thác dữ liệu đặc thù", "Consumer of special data"),
        PartyName("finance", "Cơ quan tài chính", "Finance agency"),
        PartyName("issuer", "Bên cấp tài khoản", "Issuer of accounts"),
        PartyName("lead", "Cơ quan đầu mối cấp tỉnh", "Lead agency"),
        PartyName("obliged", "Bên thực hiện phương án", "Side that carries the settlement out"),
        PartyName("opener", "Bên nêu vướng mắc", "Side that raised it"),
        PartyName("owner", "Cơ quan chủ quản dữ liệu", "Owner of the data"),
        PartyName("party", "Một bên thỏa thuận", "Side of an agreement"),
        PartyName("police", "Công an tỉnh", "Police"),
        PartyName("proposer", "Đơn vị đề xuất", "Proposing unit"),
        PartyName("provider", "Bên cung cấp", "Provider"),
        PartyName("respondent", "Bên được yêu cầu giải quyết", "Side that answers"),
        PartyName("signer", "Bên ký", "Signing side"),
    )
}


def name_of(word: str) -> PartyName:
    """Return the name of a party; a word nobody named stands for itself."""
    return PARTY_NAMES.get(word) or PartyName(word, word, word)
