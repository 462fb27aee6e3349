"""One's own account, and where nobody has one."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.db import transact
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from app.identity.commands.passwords import set_password
from app.identity.commands.people import create_person
from app.identity.pages.device_names import device_name
from tests.identity.conftest import PASSWORD
from tests.identity.pages.conftest import ADA, BROWSER, NEW_PASSWORD, ONE_OF_THE_ROLES, VIC, Visitor, error, value

BEYOND = "users:manage is more than the role may do"
AGAIN = {"current_password": PASSWORD}


def test_a_name_is_changed(ada: Visitor, accounts: Callable[[], Any]) -> None:
    before = accounts()
    assert (wrong := ada.post("/profile", name=" ")).status_code == 422
    assert error(wrong.text, "name") == "must not be empty"
    assert accounts() == before
    assert ada.post("/profile", name="Ada L.", role="viewer").headers["Location"] == "/profile?done=name"
    assert accounts()["users"][0][3:5] == ("Ada L.", "admin")
    after = ada.get("/profile?done=name").text
    assert "Your name was changed." in after
    assert '<span class="visually-hidden">Account of </span>Ada L.</span>' in after


@pytest.mark.parametrize(
    ("current", "new", "field", "message"),
    [
        ("wrong", NEW_PASSWORD, "current_password", "is wrong"),
        (PASSWORD, "short", "new_password", "must have 12 characters or more"),
        (PASSWORD, "", "new_password", "is required"),
    ],
)
def test_a_password_is_not_changed(
    ada: Visitor, accounts: Callable[[], Any], current: str, new: str, field: str, message: str
) -> None:
    before = accounts()
    answer = ada.post("/profile/password", page="/profile", current_password=current, new_password=new)
    assert (answer.status_code, error(answer.text, field)) == (422, message)
    assert (value(answer.text, "current_password"), value(answer.text, "new_password")) == (None, None)
    assert accounts() == before


def test_a_new_password_signs_other_devices_out(ada: Visitor, site: Flask) -> None:
    other = Visitor(site)
    other.sign_in()
    answer = ada.post("/profile/password", page="/profile", current_password=PASSWORD, new_password=NEW_PASSWORD)
    assert answer.headers["Location"] == "/profile?done=password"
    assert ada.get("/profile").status_code == 200
    assert other.get("/profile").headers["Location"] == "/sign-in?problem=session_ended&next=%2Fprofile"


@pytest.mark.parametrize("revoke", [False, True])
def test_a_new_password_can_revoke_tokens(ada: Visitor, accounts: Callable[[], Any], revoke: bool) -> None:
    made = ada.post("/profile/tokens", **AGAIN, name="backup", days="never")
    shown = {"X-API-Key": re.search(r"ins_[\w-]{43}", made.text)[0]}
    assert 'type="checkbox" id="revoke_tokens" name="revoke_tokens" value="true" aria' in ada.get("/profile").text
    more = {"revoke_tokens": "true"} if revoke else {}
    before = accounts()
    wrong = ada.post("/profile/password", page="/profile", current_password="x", new_password=NEW_PASSWORD, **more)
    assert ('name="revoke_tokens" value="true" checked' in wrong.text) == revoke
    assert accounts() == before
    answer = ada.post("/profile/password", page="/profile", **AGAIN, new_password=NEW_PASSWORD, **more)
    done = "password-and-tokens" if revoke else "password"
    assert answer.headers["Location"] == f"/profile?done={done}"
    assert ("your API tokens revoked" in ada.get(f"/profile?done={done}").text) == revoke
    assert ada.client.application.test_client().get("/insights", headers=shown).status_code == (401 if revoke else 200)


@pytest.mark.parametrize(("given", "message"), [("wrong", "is wrong"), ("", "is required")])
def test_a_stolen_session_makes_no_token(ada: Visitor, accounts: Callable[[], Any], given: str, message: str) -> None:
    before = accounts()
    fields = {"name": "x", "role": "viewer", "days": "never", "scopes": ["insights:read"]}
    answer = ada.post("/profile/tokens", **fields, current_password=given)
    assert (answer.status_code, error(answer.text, "current_password")) == (422, message)
    assert (value(answer.text, "name"), value(answer.text, "current_password")) == ("x", None)
    for chosen in ('value="viewer" selected', 'value="never" selected', 'value="insights:read" checked'):
        assert chosen in answer.text
    assert accounts() == before


def test_guessing_the_password_at_the_tokens_has_to_wait(site: Flask, accounts: Callable[[], Any]) -> None:
    email, guesser = "guesser@pages.example.org", Visitor(site)
    with site.app_context(), acting(LOCAL_ADMINISTRATOR):
        transact(set_password, transact(create_person, email, "G", "viewer"), PASSWORD)
    guesser.sign_in(email)
    before = accounts()
    for _ in range(5):
        guesser.post("/profile/tokens", name="x", days="30", current_password="wrong")
    answer = guesser.post("/profile/tokens", **AGAIN, name="x", days="30")
    assert (answer.status_code, "Too many attempts failed." in answer.text) == (429, True)
    assert 880 < int(answer.headers["Retry-After"]) <= 900
    assert value(answer.text, "name") == "x"
    assert accounts() == before


def test_who_signs_in_elsewhere(ada: Visitor, accounts: Callable[[], Any], owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE users SET password_hash = NULL WHERE id = 1")
    page = ada.get("/profile/second-factor").text
    assert "Two-step sign-in goes with a password" in page
    assert 'name="secret"' not in page
    before = accounts()
    secret = pyotp.random_base32()
    answer = ada.post("/profile/second-factor", secret=secret, code=pyotp.TOTP(secret).now(), current_password="x")
    assert (answer.status_code, "current password" in answer.text.lower()) == (422, True)
    assert accounts() == before
    assert 'name="current_password"' not in ada.get("/profile/tokens").text
    assert ada.post("/profile/tokens", name="mine", days="30").status_code == 200
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE users SET totp_secret = 'sealed' WHERE id = 1")
    assert "an administrator can do it for you" in ada.get("/profile/second-factor").text


def test_a_token_is_shown_once(vic: Visitor, accounts: Callable[[], Any]) -> None:
    made = vic.post("/profile/tokens", **AGAIN, name="backup", days="90", scopes=["insights:read"])
    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")
    secret = re.search(r"ins_[\w-]{43}", made.text)[0]
    assert secret[-4:] in vic.get("/profile/tokens").text
    assert secret not in vic.get("/profile/tokens").text
    me = Visitor(vic.client.application).client.get("/me", headers={"X-API-Key": secret}).json
    assert (me["name"], me["permissions"]) == (VIC, ["insights:read", "known"])
    assert vic.post("/profile/tokens/1/revoke", page="/profile/tokens").headers["Location"].endswith("?done=revoked")
    assert vic.client.application.test_client().get("/profile", headers={"X-API-Key": secret}).status_code == 401


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"name": "", "days": "30"}, "name", "is required"),
        ({"name": "x", "days": "7"}, "days", "must be one of 30, 90, 365, never"),
        ({"name": "x", "days": "30", "role": "admin"}, "role", "gives more than you may do yourself"),
        ({"name": "x", "days": "30", "role": "root"}, "role", ONE_OF_THE_ROLES),
        ({"name": "x", "days": "30", "scopes": ["users:manage"]}, "scopes", BEYOND),
        ({"name": "x", "days": "30", "service_scopes": "analytics:*"}, "scopes", "analytics:* is not yours to give"),
        ({"name": "x", "days": "30", "service_scopes": "root"}, "scopes", "root is no scope"),
    ],
)  # fmt: skip
def test_a_token_gives_no_more_than_one_may(
    vic: Visitor, accounts: Callable[[], Any], fields: dict[str, Any], field: str, message: str
) -> None:
    before = accounts()
    answer = vic.post("/profile/tokens", **AGAIN, **fields)
    assert (answer.status_code, error(answer.text, field)) == (422, message)
    assert value(answer.text, "name") == (fields["name"] or None)
    assert accounts() == before


def test_somebody_else_s_token_and_device_are_not_there(
    ada: Visitor, vic: Visitor, accounts: Callable[[], Any]
) -> None:
    ada.post("/profile/tokens", **AGAIN, name="mine", days="never")
    before = accounts()
    [session] = [key for key, user_id in before["sessions"] if user_id == 1]
    for path in ("/profile/tokens/1/revoke", "/profile/tokens/99/revoke", f"/profile/devices/{session}/sign-out"):
        assert vic.post(path, page="/profile/tokens").status_code == 404
    assert vic.post("/profile/devices/nonsense/sign-out", page="/profile").status_code == 404
    assert accounts() == before


def test_devices(ada: Visitor, site: Flask, accounts: Callable[[], Any]) -> None:
    others = [Visitor(site) for _ in range(3)]
    for other in others:
        other.sign_in()
    assert ada.get("/profile/devices").text.count("this device") == 1
    last = accounts()["sessions"][-1][0]
    answer = ada.post(f"/profile/devices/{last}/sign-out", page="/profile/devices")
    assert answer.headers["Location"] == "/profile/devices?done=device"
    assert len(accounts()["sessions"]) == 3
    ada.post("/profile/devices/sign-out-others", page="/profile/devices")
    assert len(accounts()["sessions"]) == 1
    assert ada.get("/profile/devices").status_code == 200


def test_a_token_changes_no_account(vic: Visitor, site: Flask, accounts: Callable[[], Any]) -> None:
    secret = re.search(r"ins_[\w-]{43}", vic.post("/profile/tokens", **AGAIN, name="t", days="30").text)[0]
    before = accounts()
    program = site.test_client()
    shown = {"X-API-Key": secret}
    for path in ("/profile", "/profile/password", "/profile/tokens", "/profile/second-factor"):
        answer = program.post(path, data={"name": "Changed", "days": "never"}, headers=shown)
        assert (answer.status_code, answer.json["detail"]) == (400, "This is for somebody who signed in at a browser.")
    assert accounts() == before
    assert program.get("/profile", headers=shown).status_code == 200


def test_the_header_says_who_is_here(ada: Visitor, vic: Visitor, visitor: Visitor) -> None:
    mine, theirs, nobody_s = (each.get("/docs" if each is visitor else "/library").text for each in (ada, vic, visitor))
    assert 'href="/admin/users">Users' in mine
    assert 'href="/admin/audit">Audit log' in mine
    assert "Sign out" in mine
    assert "Sign out" in theirs
    assert "/admin/" not in theirs
    assert "Sign out" not in nobody_s
    assert f'<summary title="{ADA}">' in mine
    assert re.findall(r'class="visually-hidden">Account of </span>(.*?)</span>', mine + theirs) == ["Ada", "Vic"]
    assert f'<b>Ada</b><span class="muted">{ADA}</span><span class="muted">Admin</span>' in mine


def test_open_access_is_explained(client: FlaskClient) -> None:
    assert '<a class="bar-account bar-open" href="/profile">Open access</a>' in client.get("/", headers=BROWSER).text
    for path in ("/profile", "/profile/tokens", "/profile/devices", "/profile/second-factor"):
        assert "Nobody has to sign in here." in client.get(path, headers=BROWSER).text
    for path in ("/admin/users", "/admin/tokens", "/admin/audit"):
        assert client.get(path, headers=BROWSER).status_code == 200
    assert client.post("/profile", data={"name": "x"}).status_code == 400


def test_me(client: FlaskClient, visitor: Visitor) -> None:
    assert visitor.client.get("/me").json == {
        "kind": "anonymous",
        "name": "anonymous",
        "role": "anonymous",
        "permissions": [],
        "scopes": [],
        "user_id": None,
        "visibilities": [],
        "every_draft": False,
    }


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) CriOS/140.0 Mobile Safari/604.1", "Chrome on iPhone"),
        ("curl/8.5.0", "curl"),
        ("<script>", "Unknown device"),
        (None, "Unknown device"),
    ],
)  # fmt: skip
def test_device_names(agent: str | None, name: str) -> None:
    assert device_name(agent) == name
