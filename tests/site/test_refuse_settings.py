"""Settings that would do harm unseen are refused at the start."""

import pytest

from nganam.site import env


def test_an_instance_that_looks_like_a_sandbox_is_refused(monkeypatch):
    monkeypatch.delenv("NGANAM_INSTANCE", raising=False)
    assert env.instance() == "VN"
    monkeypatch.setenv("NGANAM_INSTANCE", "VN-THU")
    with pytest.raises(env.WrongSetting, match="-THU"):
        env.instance()


def test_a_token_for_the_figures_that_could_be_guessed_is_refused(monkeypatch):
    monkeypatch.delenv("NGANAM_METRICS_TOKEN", raising=False)
    assert env.metrics_token() == ""
    monkeypatch.setenv("NGANAM_METRICS_TOKEN", "x" * 31)
    with pytest.raises(env.WrongSetting, match="32"):
        env.metrics_token()
    monkeypatch.setenv("NGANAM_METRICS_TOKEN", "x" * 32)
    assert env.metrics_token() == "x" * 32
