"""What looks like a key, a password or a token: nothing of that kind belongs into a table that is shared.

The patterns are written so that both Python and RE2 (DuckDB) read them alike: a warehouse looks through every row.
"""

import re
from collections.abc import Mapping
from typing import Final

from nganam.kernel.text import fold

PATTERNS: Final[Mapping[str, str]] = {
    "private_key": r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----",
    "cloud_key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}",
    "token": (
        r"\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{22}|\bglpat-[A-Za-z0-9_-]{20}|\bxox[abprs]-[A-Za-z0-9-]{10}"
        r"|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
    ),
    "address_password": r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,100}:[^\s/@]{1,100}@[^\s]",
    "password_hash": (
        r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$v=[0-9]|pbkdf2_sha[0-9]{1,3}\$[0-9]+\$"
        r"|\$[156]\$[^$\s]{1,32}\$[./A-Za-z0-9]{22}"
    ),
    "password_told": (
        r"(?i)(?:mật khẩu|mat khau|password|passwd|api[_-]?key|access[_-]?token|secret[_-]?key)\s*[:=]\s*"
        r"[^\s]{0,60}[0-9][^\s]{0,60}"
    ),
}
"""For each kind, what a cell holds that has one."""
NAMED: Final = re.compile(
    r"(?<![a-z0-9])(?:mat khau|matkhau|password|passwd|pwd|api key|apikey|access token|refresh token|secret key|"
    r"private key|khoa bi mat|khoa rieng)(?![a-z0-9])"
)
NAMED_KIND: Final = "password_column"
NAMED_VALUE: Final = r"[^\s]{6,}"
"""What a value of a column that is called so must look like, whole, to be one: "có" and "chưa đặt" are not."""
SHOWN: Final = 2


def is_named(name: str, title: str = "") -> bool:
    """Say whether a column is called what passwords and keys are called."""
    return NAMED.search(re.sub(r"[_\W]+", " ", fold(f"{name} {title}"))) is not None


def masked(value: str) -> str:
    """Return the first two letters of a value and a dot for each other one, at most twelve: enough to find the cell."""
    short = value.strip()[:12]
    return short[:SHOWN] + "•" * len(short[SHOWN:]) if len(short) > SHOWN * 2 else "•" * len(short)
