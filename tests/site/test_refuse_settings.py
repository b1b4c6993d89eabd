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


@pytest.mark.parametrize("wrong", ["lgsp.tinh.example", "10.0.0.1/8", "0.0.0.0/0", "::/0"])
def test_a_proxy_is_a_network_and_never_everybody(monkeypatch, wrong):
    monkeypatch.delenv("NGANAM_GATEWAY_PROXIES", raising=False)
    assert env.networks("GATEWAY_PROXIES") == ()
    monkeypatch.setenv("NGANAM_GATEWAY_PROXIES", "127.0.0.1/32, 2001:db8::/64")
    assert env.networks("GATEWAY_PROXIES") == ("127.0.0.1/32", "2001:db8::/64")
    monkeypatch.setenv("NGANAM_GATEWAY_PROXIES", f"127.0.0.1/32,{wrong}")
    with pytest.raises(env.WrongSetting, match="NGANAM_GATEWAY_PROXIES"):
        env.networks("GATEWAY_PROXIES")
