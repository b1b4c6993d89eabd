"""Names of the open tier."""

from nganam.kernel.opened import caller_of, open_twin_of


def test_the_twin_and_the_callers_of_the_open_tier_have_names_nobody_else_has():
    assert open_twin_of("DV-2026-0001") == "DV-2026-0001.mo"
    assert caller_of("KM-2026-0001") == "anonymous/KM-2026-0001"
