"""Signing in at an OpenID Connect provider: discovery, the code flow with PKCE, and what the provider says of a person.

Its steps raise `Unavailable` when the provider can't be reached or answers nonsense, and `Unauthenticated` when it
refuses, or vouches for somebody in a way that doesn't hold.
"""

import hmac
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.config import Settings
from app.config.rules import is_protected_address
from app.errors import Unauthenticated, Unavailable
from app.identity.bearer import checked_claims, email_in, text_in
from app.identity.claims import role_of_groups
from app.identity.commands.external import Outsider
from app.identity.permissions import Role
from app.identity.remote import TIMEOUT_SECONDS, UNREACHABLE, read_document, trusted
from app.identity.secrets import new_secret

if TYPE_CHECKING:
    from app.identity.signatures import RemoteKeys

DISCOVERY = "/.well-known/openid-configuration"
BASIC = "client_secret_basic"
DISCOVERED_SECONDS = 3600
NOT_VOUCHED = "The identity provider did not confirm who you are."


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where the provider does what."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    client_authentication: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What ties an answer of the provider to the browser that asked; ``next`` is the page to go on to."""

    state: str
    nonce: str
    verifier: str
    next: str

    @classmethod
    def towards(cls, next_page: str) -> "Attempt":
        return cls(new_secret(), new_secret(), new_secret(), next_page)


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for, and the groups that it knows them in."""

    outsider: Outsider
    groups: tuple[str, ...]


class Provider:
    """The provider of the settings ``oidc_*``. It is shared by all threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._discovered: tuple[float, Metadata] | None = None
        self._keys: RemoteKeys | None = None

    def address(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where the browser is sent to."""
        metadata = self._metadata()
        with self._client(metadata) as client:
            address, _ = client.create_authorization_url(
                metadata.authorization_endpoint,
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
                redirect_uri=redirect_uri,
            )
        return str(address)

    def vouched(self, code: str, attempt: Attempt, redirect_uri: str) -> Vouched:
        """Whom the code stands for: two or three requests to the provider."""
        metadata = self._metadata()
        tokens = self._exchange(metadata, code, attempt, redirect_uri)
        claims = self._identity(metadata, str(tokens.get("id_token", "")), attempt)
        wanted = {"email", self._settings.oidc_groups_claim} if self.roles_follow_groups else {"email"}
        if metadata.userinfo_endpoint and not wanted <= claims.keys():
            claims = _with_userinfo(claims, metadata.userinfo_endpoint, str(tokens.get("access_token", "")))
        outsider = Outsider(
            metadata.issuer,
            claims["sub"],
            email_in(claims),
            text_in(claims, "name") or text_in(claims, "preferred_username"),
            claims.get("email_verified") is True,
        )
        return Vouched(outsider, _groups(claims.get(self._settings.oidc_groups_claim)))

    def role(self, vouched: Vouched) -> Role | None:
        """The role of somebody new, or of everybody while `roles_follow_groups`; None: the provider's word is not
        enough."""
        settings = self._settings
        return role_of_groups(vouched.groups, settings.oidc_group_roles, settings.oidc_default_role)

    @property
    def roles_follow_groups(self) -> bool:
        """Whether the provider's groups decide at every sign-in who has which role."""
        return bool(self._settings.oidc_group_roles)

    def _metadata(self) -> Metadata:
        now = time.monotonic()
        if self._discovered is None or now - self._discovered[0] >= DISCOVERED_SECONDS:
            issuer = str(self._settings.oidc_issuer)
            self._discovered = now, _metadata(issuer, read_document(issuer.rstrip("/") + DISCOVERY))
        return self._discovered[1]

    def _exchange(self, metadata: Metadata, code: str, attempt: Attempt, redirect_uri: str) -> dict[str, Any]:
        import httpx2
        from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]

        try:
            with self._client(metadata) as client:
                return dict(
                    client.fetch_token(
                        metadata.token_endpoint,
                        grant_type="authorization_code",
                        code=code,
                        code_verifier=attempt.verifier,
                        redirect_uri=redirect_uri,
                    )
                )
        except AuthlibBaseError as error:
            raise Unauthenticated(NOT_VOUCHED) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, TypeError, RecursionError) as error:
            raise Unavailable(UNREACHABLE) from error

    def _client(self, metadata: Metadata) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]

        return OAuth2Client(
            self._settings.oidc_client_id,
            self._settings.oidc_client_secret,
            metadata.client_authentication if self._settings.oidc_client_secret else "none",
            scope=self._settings.oidc_scopes,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
            verify=trusted(),
        )

    def _identity(self, metadata: Metadata, id_token: str, attempt: Attempt) -> dict[str, Any]:
        """The claims of an ID token that was made for us, and for this attempt."""
        client_id = str(self._settings.oidc_client_id)
        claims = checked_claims(id_token, [self._remote_keys(metadata)], metadata.issuer, client_id)
        for_others_too = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if for_others_too else client_id) != client_id:
            raise Unauthenticated(NOT_VOUCHED)
        if not hmac.compare_digest(str(claims.get("nonce")).encode("utf-8", "replace"), attempt.nonce.encode()):
            raise Unauthenticated(NOT_VOUCHED)
        return claims

    def _remote_keys(self, metadata: Metadata) -> "RemoteKeys":
        from app.identity.signatures import RemoteKeys

        keys = self._keys
        if keys is None or keys.url != metadata.jwks_uri:
            keys = self._keys = RemoteKeys(metadata.jwks_uri)
        return keys


def _metadata(issuer: str, document: dict[str, Any]) -> Metadata:
    """The discovered metadata, when they are this issuer's and lead nowhere that others can listen."""
    named = str(document.get("issuer"))
    if named.rstrip("/") != issuer.rstrip("/"):
        raise Unavailable(UNREACHABLE) from ValueError(f"the discovery document is of another issuer: {named!r}")
    return Metadata(
        issuer=named,
        authorization_endpoint=_endpoint(document, "authorization_endpoint"),
        token_endpoint=_endpoint(document, "token_endpoint"),
        jwks_uri=_endpoint(document, "jwks_uri"),
        userinfo_endpoint=_endpoint(document, "userinfo_endpoint") if "userinfo_endpoint" in document else None,
        client_authentication=_client_authentication(document),
    )


def _endpoint(document: dict[str, Any], name: str) -> str:
    url = document.get(name)
    if not isinstance(url, str) or not is_protected_address(url):
        raise Unavailable(UNREACHABLE) from ValueError(f"the discovery document has no https:// address as {name}")
    return url


def _client_authentication(document: dict[str, Any]) -> str:
    """How we show our secret: in the header, unless the provider only takes it in the body."""
    offered = document.get("token_endpoint_auth_methods_supported")
    in_body_only = isinstance(offered, list) and "client_secret_post" in offered and BASIC not in offered
    return "client_secret_post" if in_body_only else BASIC


def _with_userinfo(claims: dict[str, Any], url: str, access_token: str) -> dict[str, Any]:
    """What the ID token says, and what else the provider knows of the same person."""
    told = read_document(url, access_token)
    if told.get("sub") != claims["sub"]:
        raise Unauthenticated(NOT_VOUCHED)
    return told | claims


def _groups(value: object) -> tuple[str, ...]:
    """A list of names, or one name: they may hold spaces."""
    if isinstance(value, str):
        return (value,)
    return tuple(group for group in value if isinstance(group, str)) if isinstance(value, list) else ()
