"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nganam.site.settings")
application = get_wsgi_application()

# Read every room's addresses and views now, not during the first visitor's request.
from django.urls import get_resolver  # noqa: E402 - Django is set up by the line above

_ = get_resolver().url_patterns, get_resolver().reverse_dict

# A page leaves thousands of small objects: by the default a collection comes a dozen times a page, and now and then one
# that walks through every class and template there is (200 ms). What is loaded stays loaded; what pages leave is young.
import gc  # noqa: E402

gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
