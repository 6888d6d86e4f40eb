"""The issuer of an OpenID Connect provider: what is accepted, and what an error never repeats."""

from __future__ import annotations

import pytest

from foretype.support.settings import BadSettingsError, load


@pytest.mark.parametrize(
    "issuer",
    [
        "https://sign-in.example.net",
        "https://sign-in.example.net/tenant/",
        "https://10.1.2.3:8443/realms/staff",
        "http://127.0.0.1:9000",
        "http://[::1]:9000/",
        "http://localhost:9000",
    ],
)
def test_an_issuer_stays_as_it_is(issuer: str) -> None:
    assert load({"oidc_issuer": issuer, "oidc_audience": "a"}).oidc_issuer == issuer


@pytest.mark.parametrize(
    "issuer",
    [
        "sign-in.example.net",
        "http://sign-in.example.net",
        "http://10.1.2.3",
        "http://127.0.0.1.example.org",
        "https://",
        "https://[::1",
        "https://host:port",
        "https://host:0",
        "ftp://127.0.0.1",
        "https://user:secret@sign-in.example.net",
        "https://sign-in.example.net?secret",
        "https://sign-in.example.net#secret",
    ],
)
def test_another_issuer_is_refused_by_the_name_of_the_setting_and_not_repeated(issuer: str) -> None:
    with pytest.raises(BadSettingsError) as refused:
        load({"oidc_issuer": issuer, "oidc_audience": "a"})
    assert str(refused.value).startswith("--oidc-issuer: ")
    for part in ("example.net", "10.1.2.3", "secret"):
        assert part not in str(refused.value)


@pytest.mark.parametrize(
    "values", [{"oidc_issuer": "https://a"}, {"oidc_audience": "a"}, {"oidc_tenant_claim": "org"}]
)
def test_an_issuer_and_an_audience_go_together(values: dict[str, str]) -> None:
    with pytest.raises(BadSettingsError, match="FORETYPE_OIDC_ISSUER"):
        load(values)
