"""The sandbox and real data cannot be taken for each other by name."""

from hypothesis import given
from hypothesis import strategies as st

from nganam.kernel import sandbox

WORDS = st.text(st.sampled_from("ABCDVN0129-"), min_size=1)


@given(WORDS, WORDS)
def test_an_instance_and_its_sandbox_are_told_apart(one: str, other: str) -> None:
    assert sandbox.is_sandbox(sandbox.instance_of(one))
    assert sandbox.is_sandbox(one) == one.endswith("-THU")
    assert (sandbox.instance_of(one) == sandbox.instance_of(other)) == (one == other)


@given(WORDS, WORDS)
def test_no_service_has_the_code_of_a_twin(one: str, other: str) -> None:
    assert sandbox.twin_of(one) != other
    assert (sandbox.twin_of(one) == sandbox.twin_of(other)) == (one == other)
