"""The keys of the tier as text: signed, so that the gateway proves them without a list of secrets."""

import json
import os
import secrets
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from joserfc import jwt
from joserfc.jwk import ECKey

from nganam.kernel.errors import Unavailable
from nganam.kernel.opened import caller_of
from nganam.lgsp.envoy.decided import CLAIM_CLIENT, CLAIM_SERVICES, OPEN_AUDIENCE, OPEN_SCOPE, open_issuer
from nganam.lgsp.swapping import write_private

ALGORITHM = "ES256"


def _file() -> Path:
    return Path(settings.DATA) / "keys" / "open-tier.json"


def _private() -> ECKey:
    """Return the signing key of the tier, making it once: another than that of tokens, which is replaced often."""
    path = _file()
    if not path.exists():
        _make(path)
    try:
        return _load(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise Unavailable(
            "Không đọc được khóa ký của tầng mở.", hint="Khôi phục tệp keys/open-tier.json trong thư mục dữ liệu."
        ) from error


def _make(path: Path) -> None:
    key = ECKey.generate_key("P-256", {"kid": f"mo-{secrets.token_hex(4)}", "alg": ALGORITHM, "use": "sig"})
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mine = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_private(mine, json.dumps(key.as_dict(private=True)).encode())
    try:
        os.link(mine, path)  # of two processes the first one's stays
    except FileExistsError:
        pass
    finally:
        mine.unlink()


@lru_cache(maxsize=2)
def _load(path: Path, _changed: int) -> ECKey:
    return ECKey.import_key(json.loads(path.read_bytes()))


def public() -> dict[str, str]:
    """Return the public key the gateway proves keys by."""
    return {name: str(value) for name, value in _private().as_dict(private=False).items()}


def written(code: str, *, at: datetime, expires_at: datetime, issuer: str) -> str:
    """Return a key as its holder sends it. It is made once and kept nowhere."""
    key = _private()
    claims: dict[str, Any] = {
        "iss": open_issuer(issuer), "aud": OPEN_AUDIENCE, "sub": caller_of(code), CLAIM_CLIENT: code,
        CLAIM_SERVICES: [OPEN_SCOPE], "jti": code, "iat": int(at.timestamp()), "exp": int(expires_at.timestamp()),
    }  # fmt: skip
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}, claims, key)
