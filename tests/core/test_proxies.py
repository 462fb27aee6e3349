"""Behind a proxy: whose word on the client is taken."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, request

from app.config import SettingsError, load_settings
from app.core.http.proxies import FORWARDED, Forwarding, address_of, trust

PROXIES = ("10.0.0.0/24", "192.0.2.7", "2001:db8::/64")
PROXY, STRANGER = "10.0.0.5", "198.51.100.9"


def seen(environ: dict[str, Any], proxies: tuple[str, ...] = PROXIES) -> dict[str, Any]:
    """The environment as the application behind the middleware has it."""
    passed: list[dict[str, Any]] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        passed.append(dict(environ))
        return [b"answer"]

    assert Forwarding(application, proxies)(environ, None) == [b"answer"]
    return passed[0]


@dataclass
class Given:
    peer: str
    headers: dict[str, str] = field(default_factory=dict)
    client: str = ""
    scheme: str = "http"
    forwarded: bool = False

    def __str__(self) -> str:
        return f"{self.peer} {self.headers}"


def told(client: str = "", scheme: str = "") -> dict[str, str]:
    headers = {"HTTP_X_FORWARDED_FOR": client, "HTTP_X_FORWARDED_PROTO": scheme}
    return {name: value for name, value in headers.items() if value}


@pytest.mark.parametrize(
    "given",
    [
        Given(STRANGER, client=STRANGER),
        Given("127.0.0.1", client="127.0.0.1"),
        Given("::ffff:127.0.0.1", client="127.0.0.1"),
        Given("::1", client="::1"),
        # Not believed
        Given(STRANGER, told("203.0.113.4", "https"), client=STRANGER, forwarded=True),
        Given("127.0.0.1", told("203.0.113.4"), client="127.0.0.1", forwarded=True),
        Given("127.0.0.1", {"HTTP_X_FORWARDED_HOST": "x"}, client="127.0.0.1", forwarded=True),
        Given("127.0.0.1", {"HTTP_FORWARDED": "for=127.0.0.1"}, client="127.0.0.1", forwarded=True),
        Given("127.0.0.1", {"HTTP_X_REAL_IP": "127.0.0.1"}, client="127.0.0.1", forwarded=True),
        Given("127.0.0.1", {"HTTP_VIA": "1.1 proxy"}, client="127.0.0.1", forwarded=True),
        Given("", told("127.0.0.1"), client="", forwarded=True),
        # Believed
        Given(PROXY, client=PROXY),
        Given(PROXY, told("203.0.113.4", "https"), client="203.0.113.4", scheme="https"),
        Given(PROXY, told("203.0.113.4", "HTTP"), client="203.0.113.4"),
        Given(f"::ffff:{PROXY}", told("203.0.113.4"), client="203.0.113.4"),
        Given("192.0.2.7", told("203.0.113.4"), client="203.0.113.4"),
        Given("2001:db8::7", told("2001:db8:1::4"), client="2001:db8:1::4"),
        Given(PROXY, told("203.0.113.4:51234"), client="203.0.113.4"),
        Given(PROXY, told("[2001:db8:1::4]:51234"), client="2001:db8:1::4"),
        Given(PROXY, told("[2001:db8:1::4]"), client="2001:db8:1::4"),
        Given(PROXY, told("::ffff:203.0.113.4"), client="203.0.113.4"),
        # What the client wrote itself stands on the left
        Given(PROXY, told("127.0.0.1, 203.0.113.4"), client="203.0.113.4"),
        Given(PROXY, told("127.0.0.1, 203.0.113.4, 10.0.0.6,192.0.2.7"), client="203.0.113.4"),
        Given(PROXY, told("nonsense, 203.0.113.4, 10.0.0.6"), client="203.0.113.4"),
        Given(PROXY, told("10.0.0.8, 10.0.0.6"), client="10.0.0.8"),
        # Believed, but it says nothing that can be used
        Given(PROXY, told("unknown", "https"), client=PROXY, scheme="https", forwarded=True),
        Given(PROXY, told("203.0.113.4, nonsense"), client=PROXY, forwarded=True),
        Given(PROXY, told("203.0.113.4, 10.0.0.6:x"), client=PROXY, forwarded=True),
        Given(PROXY, {"HTTP_X_REAL_IP": "203.0.113.4"}, client=PROXY, forwarded=True),
        Given(PROXY, told("203.0.113.4", "javascript"), client="203.0.113.4"),
        Given(PROXY, told("203.0.113.4", "https, http"), client="203.0.113.4"),
    ],
    ids=str,
)
def test_the_client(given: Given) -> None:
    environ = seen({"REMOTE_ADDR": given.peer, "wsgi.url_scheme": "http", "HTTP_HOST": "insights", **given.headers})
    expected = {"REMOTE_ADDR": given.client, "wsgi.url_scheme": given.scheme, "HTTP_HOST": "insights"}
    assert environ == {**expected, **({FORWARDED: True} if given.forwarded else {})}


def test_without_proxies_nobody_is_believed() -> None:
    environ = seen({"REMOTE_ADDR": "127.0.0.1", **told("203.0.113.4", "https"), "wsgi.url_scheme": "http"}, ())
    assert environ == {"REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", FORWARDED: True}


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("10.0.0.5", "10.0.0.5"),
        ("10.0.0.5:80", "10.0.0.5"),
        ("::ffff:10.0.0.5", "10.0.0.5"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("", None),
        ("2001:db8::1:zz", None),
        ("10.0.0", None),
        ("10.0.0.5:", None),
        ("localhost", None),
        ("[]", None),
        ("10.0.0.5 ", None),
    ],
)
def test_addresses(written: str, address: str | None) -> None:
    found = address_of(written)
    assert (found and str(found)) == address


@pytest.fixture
def behind() -> Flask:
    """An application that says what it knows of a request."""
    app = Flask(__name__)
    trust(app, PROXIES)

    @app.get("/")
    def tell() -> dict[str, Any]:
        return {"client": request.remote_addr, "url": request.url, "forwarded": request.environ.get(FORWARDED)}

    return app


def test_flask_sees_the_outer_address(behind: Flask) -> None:
    headers = {
        "X-Forwarded-For": "203.0.113.4",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "Host": "insights.example.org",
    }
    answer = behind.test_client().get("/", headers=headers, environ_overrides={"REMOTE_ADDR": PROXY})
    assert answer.get_json() == {"client": "203.0.113.4", "url": "https://insights.example.org/", "forwarded": None}


def test_a_stranger_claims_to_be_somebody_else(behind: Flask) -> None:
    headers = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    answer = behind.test_client().get("/", headers=headers, environ_overrides={"REMOTE_ADDR": STRANGER})
    assert answer.get_json() == {"client": STRANGER, "url": "http://localhost/", "forwarded": True}


def test_the_application_is_behind_it(application: Flask) -> None:
    assert isinstance(application.wsgi_app, Forwarding)
    assert application.wsgi_app.trusted == ()


@pytest.mark.parametrize(
    ("value", "proxies"),
    [
        ("", ()),
        ("10.0.0.5", ("10.0.0.5",)),
        ("10.0.0.0/24, 2001:db8::/64 ,::1", ("10.0.0.0/24", "2001:db8::/64", "::1")),
    ],
)
def test_the_setting(tmp_path, value: str, proxies: tuple[str, ...]) -> None:
    assert load_settings({"INSIGHTS_TRUSTED_PROXIES": value}, instance=tmp_path).trusted_proxies == proxies


WANTED = "is no address such as 10.0.0.5, nor a network such as 10.0.0.0/24"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("proxy.example.org", f"proxy.example.org {WANTED}"),
        ("10.0.0.1/24", f"10.0.0.1/24 {WANTED}"),
        ("10.0.0.1, 10.0.0.300", f"10.0.0.300 {WANTED}"),
        ("*", f"* {WANTED}"),
        ("0.0.0.0/0", "0.0.0.0/0 is everybody: anybody could claim any address"),
        ("::/0", "::/0 is everybody: anybody could claim any address"),
    ],
)
def test_a_wrong_setting(tmp_path, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"INSIGHTS_TRUSTED_PROXIES": value}, instance=tmp_path)
    assert caught.value.problems == [f"INSIGHTS_TRUSTED_PROXIES: {said}"]
