"""The settings for those who vouch for others: issuers of tokens, and the OpenID Connect provider."""

from typing import Any

import pytest

from app.config import SettingsError, load_settings
from app.identity.bearer import Verifier


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        (
            {"JWT_SECRET": "s" * 31},
            "JWT_SECRET: must have 32 bytes or more: whoever guesses it signs tokens for anybody",
        ),
        (
            {"JWT_JWKS_URL": "http://id.example.org/keys", "JWT_AUDIENCE": "x"},
            "JWT_JWKS_URL: must start with https:// (http:// is for a server on this machine only)",
        ),
        (
            {"JWT_JWKS_URL": "file:///keys", "JWT_AUDIENCE": "x"},
            "JWT_JWKS_URL: must start with https:// (http:// is for a server on this machine only)",
        ),
        (
            {"JWT_JWKS_URL": "https://id.example.org/keys"},
            "JWT_AUDIENCE: JWT_JWKS_URL needs it, for its issuer signs tokens for other applications too",
        ),
    ],
)
def test_wrong_settings_for_tokens(environ: dict[str, str], problem: str, tmp_path: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, instance=tmp_path)
    assert caught.value.problems == [problem]


@pytest.mark.parametrize(
    "environ",
    [
        {"JWT_SECRET": "ä" * 16},
        {"JWT_SECRET": "", "JWT_JWKS_URL": "", "JWT_AUDIENCE": ""},
        {"JWT_JWKS_URL": "https://id.example.org/keys", "JWT_AUDIENCE": "x"},
        {"JWT_JWKS_URL": "http://localhost:1/keys", "JWT_AUDIENCE": "x"},
        {"JWT_JWKS_URL": "http://[::1]:1/keys", "JWT_AUDIENCE": "x"},
    ],
)
def test_right_settings_for_tokens(environ: dict[str, str], tmp_path: Any) -> None:
    settings = load_settings(environ, instance=tmp_path)
    assert Verifier(settings).configured is any(environ.values())


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"OIDC_ISSUER": "https://id.example.org"}, "OIDC_CLIENT_ID: OIDC_ISSUER needs it"),
        ({"OIDC_CLIENT_ID": "insights"}, "OIDC_ISSUER: OIDC_CLIENT_ID needs it"),
        (
            {"OIDC_ISSUER": "http://id.example.org", "OIDC_CLIENT_ID": "insights"},
            "OIDC_ISSUER: must start with https:// (http:// is for a server on this machine only)",
        ),
        ({"OIDC_GROUP_ROLES": "staff"}, "OIDC_GROUP_ROLES: staff is not a pair such as staff=editor"),
        (
            {"OIDC_GROUP_ROLES": "staff=boss"},
            "OIDC_GROUP_ROLES: Input should be 'viewer', 'contributor', 'editor', 'analyst' or 'admin'",
        ),
        (
            {"OIDC_DEFAULT_ROLE": "boss"},
            "OIDC_DEFAULT_ROLE: Input should be 'viewer', 'contributor', 'editor', 'analyst' or 'admin'",
        ),
    ],
)
def test_wrong_settings_for_sign_in(environ: dict[str, str], problem: str, tmp_path: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, instance=tmp_path)
    assert caught.value.problems == [problem]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", {}),
        ("staff=editor", {"staff": "editor"}),
        (" Domain Heads = admin , a=b=viewer ,", {"Domain Heads": "admin", "a=b": "viewer"}),
        ('{"cn=heads,dc=x": "admin"}', {"cn=heads,dc=x": "admin"}),
    ],
)
def test_groups_and_roles_as_a_setting(written: str, read: dict[str, str], tmp_path: Any) -> None:
    assert load_settings({"OIDC_GROUP_ROLES": written}, instance=tmp_path).oidc_group_roles == read
