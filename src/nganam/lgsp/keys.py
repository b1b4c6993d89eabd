"""Token signing keys: ES256, the private part in a file of its own, replaced with an overlap."""

import json
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from joserfc.jwk import ECKey

from nganam.audit import operations as audit
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Unavailable
from nganam.lgsp.models import SigningKey
from nganam.lgsp.swapping import write_private

ALGORITHM = "ES256"
# A new key is published at once and signs after this: by then every gateway knows it.
LEAD_TIME = timedelta(seconds=60)
# A retired key stays published until the last token it signed has expired.
OVERLAP = timedelta(minutes=10)


def _file(kid: str) -> Path:
    return Path(settings.DATA) / "keys" / f"token-{kid}.json"


def ensure_key(*, actor: Actor, at: datetime) -> SigningKey:
    """Return the key that signs now, making the first one when there is none."""
    found = signing_key(at)
    return found or _make(actor=actor, at=at, active_from=at, action="lgsp.key.made")


def signing_key(at: datetime) -> SigningKey | None:
    """Return the key that signs at ``at``."""
    return SigningKey.objects.filter(active_from__lte=at).exclude(retired_at__lte=at).first()


def published_keys(at: datetime) -> list[dict[str, str]]:
    """Return the public keys accepted at ``at``, oldest first: signing, about to sign, and lately retired."""
    rows = SigningKey.objects.exclude(retired_at__lte=at - OVERLAP).order_by("id")
    return [dict(row.public) for row in rows]


def rotate_key(*, actor: Actor, at: datetime) -> SigningKey:
    """Make the next key: it is published now and signs from a minute on, when the present one retires."""
    return _make(actor=actor, at=at, active_from=at + LEAD_TIME, action="lgsp.key.rotated")


def _make(*, actor: Actor, at: datetime, active_from: datetime, action: str) -> SigningKey:
    kid = f"{at:%Y%m%d}-{secrets.token_hex(4)}"
    key = ECKey.generate_key("P-256", {"kid": kid, "alg": ALGORITHM, "use": "sig"})
    path = _file(kid)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The file first: a row without its file could not sign; a file without a row is never used.
    write_private(path, json.dumps(key.as_dict(private=True)).encode())
    public = key.as_dict(private=False)
    with transaction.atomic():
        SigningKey.objects.filter(retired_at__isnull=True).update(retired_at=active_from)
        row = SigningKey.objects.create(kid=kid, public=public, created_at=at, active_from=active_from)
        audit.record(actor=actor, at=at, action=action, object_type="lgsp.key", object_code=kid)
    return row


def private_key(row: SigningKey) -> ECKey:
    """Return the whole key; raise ``Unavailable`` when its file is gone."""
    try:
        return _load(_file(row.kid))
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"Không đọc được khóa ký {row.kid}.", hint="Khôi phục tệp khóa trong thư mục dữ liệu, hoặc thay khóa mới."
        ) from error


@lru_cache(maxsize=8)
def _load(path: Path) -> ECKey:
    # A key file is never written again, so a process reads it once.
    return ECKey.import_key(json.loads(path.read_bytes()))
