"""What the files of the law share: how far a text was read, and the error of a file or a name that cannot be used."""

from typing import Literal

Verified = Literal["V", "V2", "R-high", "R-med", "R-low", "unverified"]


class RulesError(LookupError):
    """A rule set, term, form, vocabulary or flag is asked for that there is none of, or a file contradicts itself."""
