"""A real OpenID Connect provider on this machine: authlib's server side, with PKCE required, behind a form."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, grants
from authlib.oauth2.rfc6749.errors import AccessDeniedError
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import Key
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.identity.issuer import EC, RSA, serving

CLIENT, SECRET, CALLBACK = "insights", "the client's secret", "http://localhost/sign-in/oidc/callback"
FORM = '<form method="post"><input name="sub"><button>Sign in</button><button name="deny" value="1">No</button></form>'


@dataclass
class Person:
    """Who signs in at the provider's form; ``claims`` as they stand in tokens and at ``/userinfo``."""

    sub: str
    claims: dict[str, Any]

    def get_user_id(self) -> str:
        return self.sub


@dataclass
class Code(AuthorizationCodeMixin):
    """What the browser brings."""

    code: str
    person: Person
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Client(ClientMixin):
    """The one application that is registered."""

    secret: str | None
    method: str

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return CALLBACK

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == CALLBACK

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class World:
    """What a test may turn: the client, who there is, what stands where, and what goes wrong."""

    client: Client = field(default_factory=lambda: Client(SECRET, "client_secret_basic"))
    people: dict[str, Person] = field(default_factory=dict)
    in_id_token: tuple[str, ...] = ("email", "email_verified", "name", "groups")
    id_token_changes: dict[str, Any] = field(default_factory=dict)
    signing_key: Key = field(default_factory=lambda: RSA)
    discovery_changes: dict[str, Any] = field(default_factory=dict)
    userinfo_changes: dict[str, Any] = field(default_factory=dict)
    rubbish: dict[str, Response | str] = field(default_factory=dict)  # by path: answered instead
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Person] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


def provider_app(world: World) -> Flask:
    app = Flask(__name__)
    let_sign_in(app, world, authorization_server(app, world))
    describe(app, world)

    @app.before_request
    def note() -> Response | str | None:
        world.asked.append(request.path)
        return world.rubbish.get(request.path)

    return app


def authorization_server(app: Flask, world: World) -> AuthorizationServer:
    """authlib's, with codes that are good once."""
    server = AuthorizationServer(
        app, query_client=lambda given: world.client if given == CLIENT else None, save_token=lambda *_: None
    )

    class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]

        def save_authorization_code(self, code: str, request: Any) -> None:
            data = request.payload.data
            world.codes[code] = Code(
                code, request.user, request.payload.redirect_uri, request.payload.scope, data.get("nonce"),
                data["code_challenge"], data["code_challenge_method"],
            )  # fmt: skip

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return world.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del world.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> Person:
            return authorization_code.person

    class IdToken(OpenIDCode):  # type: ignore[misc]
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return any(code.nonce == nonce for code in world.codes.values())

        def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
            world.tokens[token["access_token"]] = request.user
            return id_token(world, request.user, here(), request.authorization_code.nonce)

    server.register_grant(CodeGrant, [CodeChallenge(required=True), IdToken(require_nonce=True)])

    return server


def describe(app: Flask, world: World) -> None:
    """The documents: metadata, keys, and what there is to know of a person."""

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        document = {
            "issuer": here(),
            "authorization_endpoint": f"{here()}/authorize",
            "token_endpoint": f"{here()}/token",
            "userinfo_endpoint": f"{here()}/userinfo",
            "jwks_uri": f"{here()}/keys",
            "token_endpoint_auth_methods_supported": [world.client.method],
        }
        changed = {**document, **world.discovery_changes}
        return jsonify({name: value for name, value in changed.items() if value is not None})

    @app.get("/keys")
    def keys() -> Response:
        return jsonify({"keys": [key.as_dict(private=False) for key in (RSA, EC)]})

    @app.get("/userinfo")
    def userinfo() -> Any:
        person = world.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if person is None:
            return "", 401
        return jsonify({"sub": person.sub, **person.claims, **world.userinfo_changes})


def let_sign_in(app: Flask, world: World, server: AuthorizationServer) -> None:
    """The form, and the exchange of codes."""

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Any:
        try:
            grant = server.get_consent_grant(end_user=None)
        except OAuth2Error as error:
            return server.handle_error_response(server.create_oauth2_request(None), error)
        if request.method == "GET":
            return FORM
        if "deny" in request.form:
            return server.handle_response(*AccessDeniedError(state=request.args["state"], redirect_uri=CALLBACK)())
        return server.create_authorization_response(grant_user=world.people[request.form["sub"]], grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()


def here() -> str:
    return request.host_url.rstrip("/")


def id_token(world: World, person: Person, issuer: str, nonce: str | None) -> str:
    now = int(time.time())
    shown = {name: value for name, value in person.claims.items() if name in world.in_id_token}
    given = {"iss": issuer, "aud": CLIENT, "sub": person.sub, "nonce": nonce, "iat": now, "exp": now + 60, **shown}
    claims = {name: value for name, value in {**given, **world.id_token_changes}.items() if value is not None}
    algorithm = {"RSA": "RS256", "EC": "ES256", "oct": "HS256"}[world.signing_key.key_type]
    return jwt.encode({"alg": algorithm, "kid": world.signing_key.kid or "rsa"}, claims, world.signing_key, [algorithm])


class _Silent(WSGIRequestHandler):
    def log(self, *arguments: object) -> None:
        pass


@contextmanager
def running(world: World, port: int = 0) -> Iterator[BaseWSGIServer]:
    server = make_server("127.0.0.1", port, provider_app(world), threaded=True, request_handler=_Silent)
    with serving(server):
        yield server
