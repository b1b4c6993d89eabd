"""``python -m nganam.demo``: make the demo province when there is none and walk against a platform already running."""

import os
import sys

import django


def main() -> int:
    """Build and walk; 0 when every step holds."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nganam.site.settings")
    django.setup()
    from django.conf import settings  # noqa: PLC0415 - reads the environment

    from nganam.agencies.models import Agency  # noqa: PLC0415 - needs the app registry
    from nganam.demo import province, walk  # noqa: PLC0415 - needs the app registry

    if not Agency.objects.exists():
        province.build()
    return walk.run({"web": settings.NGANAM_PUBLIC_URL, "gateway": settings.NGANAM_GATEWAY_URL}, check=True)


if __name__ == "__main__":
    sys.exit(main())
