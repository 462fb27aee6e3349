"""What a single setting must look like."""

import json
import re
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationInfo, field_validator

SECRET_LENGTH = 32
RATE = re.compile(r"[1-9]\d{0,8}/(second|minute|hour|day)")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
STORES = frozenset({"file", "s3", "gs", "az"})
DEFAULT_SECRETS = frozenset({"", "insights", "changeme", "change-me", "secret", "dev", "default", "password"})


def is_protected_address(url: str) -> bool:
    """Whether nobody on the way can read or change what is sent there: https, or http that stays on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def roles_by_group(value: object) -> object:
    """``{"group": "role"}`` from JSON or from ``group=role,group=role``; anything but text is left as it is."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError(f"is no JSON ({error})") from error
    pairs = [pair.rpartition("=") for pair in value.split(",") if pair.strip()]
    for group, _, role in pairs:
        if not group.strip():
            raise ValueError(f"{role.strip()} is not a pair such as staff=editor")
    return {group.strip(): role.strip() for group, _, role in pairs}


def psycopg_url(value: str | None) -> str | None:
    """Accept the common URL spellings; the driver is always psycopg 3."""
    if not value:
        return None
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise ValueError("must start with postgresql://")
    return f"postgresql+psycopg://{rest}"


class Rules(BaseModel):
    """The rules for the fields of `app.config.settings.Settings`, by their names."""

    @field_validator("allowed_hosts", "trusted_proxies", "cors_allowed_origins", mode="before", check_fields=False)
    @classmethod
    def _split_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_allowed_origins", check_fields=False)
    @classmethod
    def _plain_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """No patterns: one that is meant for our own hosts easily fits somebody else's."""
        for origin in value:
            if origin != "*" and not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin} is not an origin such as https://app.example.org, nor *")
        return value

    @field_validator("trusted_proxies", check_fields=False)
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in value:
            try:
                network = ip_network(proxy)
            except ValueError as error:
                raise ValueError(
                    f"{proxy} is no address such as 10.0.0.5, nor a network such as 10.0.0.0/24"
                ) from error
            if network.prefixlen == 0:
                raise ValueError(f"{proxy} is everybody: anybody could claim any address")
        return value

    @field_validator("rate_limit_per_token", "rate_limit_per_ip", check_fields=False)
    @classmethod
    def _rate(cls, value: str | None) -> str | None:
        if value and not RATE.fullmatch(value):
            raise ValueError(f"{value} is not a rate such as 600/minute (per second, minute, hour or day)")
        return value or None

    @field_validator("log_level", mode="before", check_fields=False)
    @classmethod
    def _lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    _use_psycopg = field_validator("database_url", "database_owner_url", check_fields=False)(psycopg_url)

    @field_validator("database_owner_url", check_fields=False)
    @classmethod
    def _owner_of_a_named_database(cls, value: str | None, info: ValidationInfo) -> str | None:
        """The embedded server has an owner of its own."""
        if value and info.data.get("database_url", value) is None:
            raise ValueError("names the owner of the database of DATABASE_URL, which is not set")
        return value

    @field_validator("public_url", check_fields=False)
    @classmethod
    def _whole_address(cls, value: str | None) -> str | None:
        if value and not ORIGIN.fullmatch(value.rstrip("/")):
            raise ValueError(f"{value} is not an address such as https://insights.example.org, without a path")
        return value.rstrip("/") if value else None

    @field_validator("redis_url", check_fields=False)
    @classmethod
    def _redis_scheme(cls, value: str | None) -> str | None:
        if not value:
            return None
        if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("object_store_url", check_fields=False)
    @classmethod
    def _known_store(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "")
        if value and (parts.scheme not in STORES or not (parts.path if parts.scheme == "file" else parts.netloc)):
            raise ValueError("must be an address such as s3://bucket/folder, gs://, az:// or file:///folder")
        return value or None

    @field_validator(
        "jwt_secret", "jwt_jwks_url", "jwt_issuer", "jwt_audience", "oidc_issuer", "oidc_client_id",
        "oidc_client_secret", "oidc_default_role", mode="before", check_fields=False,
    )  # fmt: skip
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("jwt_secret", check_fields=False)
    @classmethod
    def _hard_to_guess(cls, value: str | None) -> str | None:
        if value and len(value.encode()) < SECRET_LENGTH:
            raise ValueError(f"must have {SECRET_LENGTH} bytes or more: whoever guesses it signs tokens for anybody")
        return value

    @field_validator("jwt_jwks_url", "oidc_issuer", check_fields=False)
    @classmethod
    def _protected_address(cls, value: str | None) -> str | None:
        if value and not is_protected_address(value):
            raise ValueError("must start with https:// (http:// is for a server on this machine only)")
        return value

    @field_validator("instance", check_fields=False)
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    _roles_by_group = field_validator("oidc_group_roles", mode="before", check_fields=False)(roles_by_group)
