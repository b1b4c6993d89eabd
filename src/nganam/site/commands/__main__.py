"""``python -m nganam.site.commands``: what the launcher hands over to."""

import sys

from nganam.site.commands import main

sys.exit(main())
