"""The room's own sentences that are written down filled in, so that a reader of English is told them in English.

The longest first: a short one ("%(code)s: …") would take what a longer one says better.
"""

SENTENCES = ("%(code)s: cấp 1 đã quá hạn",)
