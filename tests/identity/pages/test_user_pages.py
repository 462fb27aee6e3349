"""Users and services."""

import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from flask import Flask

from app.identity import mail
from tests.identity.pages.conftest import ADA, NEW_PASSWORD, ONE_OF_THE_ROLES, VIC, Visitor, error, value

TAKEN = f"Somebody with the e-mail address {VIC.upper()} is here already."


def test_an_invitation(ada: Visitor, accounts: Callable[[], Any], site: Flask) -> None:
    invited = ada.post("/admin/users", email="new@pages.example.org", name="New", role="editor")
    assert (invited.status_code, invited.headers["Cache-Control"]) == (200, "no-store")
    path = re.search(r'value="https://insights\.example\.org(/links/[\w-]+)"', invited.text)
    assert path
    assert accounts()["users"][-1][:5] == (3, "person", "new@pages.example.org", "New", "editor")
    newcomer = Visitor(site)
    assert newcomer.post(path[1], password=NEW_PASSWORD).status_code == 303
    assert newcomer.client.get("/me").json["role"] == "editor"


@pytest.mark.parametrize("works", [True, False])
def test_an_invitation_is_mailed_where_that_works(ada: Visitor, monkeypatch: pytest.MonkeyPatch, works: bool) -> None:
    sent: list[tuple[str, ...]] = []

    def send(*letter: str) -> None:
        if not works:
            raise mail.Unavailable("The mail could not be sent.")
        sent.append(letter)

    monkeypatch.setattr(mail, "configured", lambda: True)
    monkeypatch.setattr(mail, "send", send)
    invited = ada.post("/admin/users", email="new@pages.example.org", name="New", role="editor").text
    assert ("A link was mailed to New" in invited) == works
    assert ("/links/" in invited) != works
    assert [letter[0] for letter in sent] == (["new@pages.example.org"] if works else [])


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"email": "vic", "name": "N", "role": "editor"}, "email", "must be an e-mail address"),
        ({"email": "a@[x", "name": "N", "role": "editor"}, "email", "must be an e-mail address"),
        ({"email": "a,b@example.org", "name": "N", "role": "editor"}, "email", "must be an e-mail address"),
        ({"email": VIC.upper(), "name": "N", "role": "editor"}, "email", TAKEN),
        ({"email": "n@example.org", "name": "", "role": "editor"}, "name", "is required"),
        ({"email": "n@example.org", "name": "N", "role": "root"}, "role", ONE_OF_THE_ROLES),
    ],
)  # fmt: skip
def test_an_invitation_that_is_refused(
    ada: Visitor, accounts: Callable[[], Any], fields: dict[str, str], field: str, message: str
) -> None:
    before = accounts()
    answer = ada.post("/admin/users", **fields)
    assert (answer.status_code, error(answer.text, field)) == (422, message)
    assert (value(answer.text, "email"), value(answer.text, "name")) == (fields["email"], fields["name"] or None)
    assert accounts() == before


def test_a_person_is_changed_in_the_version_that_was_read(ada: Visitor, accounts: Callable[[], Any]) -> None:
    page = ada.get("/admin/users/2").text
    version = value(page, "version")
    fields = {"name": "Victor", "email": VIC, "role": "editor"}
    saved = ada.post("/admin/users/2", **fields, version=version)
    assert saved.headers["Location"] == "/admin/users/2?done=user"
    before = accounts()
    stale = ada.post("/admin/users/2", name="Vicky", email=VIC, role="viewer", version=version)
    assert stale.status_code == 409
    assert "Somebody else changed this meanwhile." in stale.text
    assert (value(stale.text, "name"), value(stale.text, "version")) == ("Vicky", str(int(str(version)) + 1))
    assert '<option value="viewer" selected>' in stale.text
    assert "Stored now: Victor" in stale.text
    assert accounts() == before


def test_the_last_administrator_stays(ada: Visitor, accounts: Callable[[], Any]) -> None:
    before = accounts()
    version = value(ada.get("/admin/users/1").text, "version")
    demoted = ada.post("/admin/users/1", name="Ada", email=ADA, role="viewer", version=version)
    assert demoted.status_code == 422
    assert "is the last administrator" in str(error(demoted.text, "role"))
    disabled = ada.post("/admin/users/1/disable", page="/admin/users/1")
    assert (disabled.status_code, "is the last administrator" in disabled.text) == (422, True)
    assert accounts() == before


def test_a_disabled_person_is_out_at_once(ada: Visitor, vic: Visitor) -> None:
    assert vic.get("/profile").status_code == 200
    assert ada.post("/admin/users/2/disable", page="/admin/users/2").headers["Location"].endswith("?done=disabled")
    assert vic.get("/profile").headers["Location"].startswith("/sign-in?problem=session_ended")
    assert vic.sign_in(VIC).status_code == 401
    refused = ada.post("/admin/users/2/link", page="/admin/users/2")
    assert (refused.status_code, f"{VIC} is disabled: a link would be of no use." in refused.text) == (422, True)
    ada.post("/admin/users/2/enable", page="/admin/users/2")
    assert vic.sign_in(VIC).status_code == 303


def test_a_new_link(ada: Visitor, accounts: Callable[[], Any]) -> None:
    answer = ada.post("/admin/users/2/link", page="/admin/users/2")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "for an hour" in answer.text
    assert [row[1:] for row in accounts()["one_time_links"] if row[2]] == [("reset", 2, None)]


def test_a_lost_second_factor(
    two_step: tuple[Visitor, pyotp.TOTP, list[str]], accounts: Callable[[], Any], visitor: Visitor
) -> None:
    ada, _, _ = two_step
    assert "Switch off two-step sign-in" not in ada.get("/admin/users/2").text
    assert "Switch off two-step sign-in" in ada.get("/admin/users/1").text
    answer = ada.post("/admin/users/1/second-factor-off", page="/admin/users/1")
    assert answer.headers["Location"] == "/admin/users/1?done=second-factor-removed"
    assert accounts()["users"][0][6] is None
    assert visitor.sign_in().status_code == 303


def test_a_service_s_token(ada: Visitor, accounts: Callable[[], Any]) -> None:
    fields = {"service": "Monitor", "name": "prometheus", "role": "analyst", "days": "never"}
    made = ada.post("/admin/tokens", **fields, service_scopes="analytics:read analytics:write")
    secret = re.search(r"ins_[\w-]{43}", made.text)[0]
    me = ada.client.application.test_client().get("/me", headers={"X-API-Key": secret}).json
    assert (me["kind"], me["name"], me["role"], me["user_id"]) == ("service", "Monitor", "analyst", 3)
    assert me["scopes"] == ["analytics:read", "analytics:write"]
    profile = ada.client.application.test_client().get("/profile", headers={"X-API-Key": secret})
    assert (profile.status_code, "a service with the role analyst" in profile.text) == (200, True)
    assert "prometheus" in ada.get("/admin/tokens").text
    assert "by token" in ada.get("/admin/users").text
    assert "A service has no password" in ada.get("/admin/users/3").text
    before = accounts()
    assert ada.post("/admin/tokens", service="Other", name="", role="viewer", days="30").status_code == 422
    assert ada.post("/admin/tokens", service="Other", name="x", days="30").status_code == 422
    assert (
        ada.post("/admin/tokens", service="Other", name="x", role="viewer", days="30", service_scopes="x").status_code
        == 422
    )
    assert accounts() == before
    ada.post("/admin/tokens/1/revoke", page="/admin/tokens")
    assert ada.client.application.test_client().get("/insights", headers={"X-API-Key": secret}).status_code == 401


@pytest.mark.parametrize("path", ["/admin/users", "/admin/users/1", "/admin/tokens", "/admin/audit"])
def test_administration_is_for_administrators(vic: Visitor, visitor: Visitor, path: str) -> None:
    assert vic.get(path).status_code == 403
    assert visitor.get(path).headers["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("path", ["/admin/users/99", "/admin/users/99999999999999999999"])
def test_nobody_of_that_number(ada: Visitor, accounts: Callable[[], Any], path: str) -> None:
    before = accounts()
    assert ada.get(path).status_code == 404
    for act in ("", "/disable", "/enable", "/link", "/second-factor-off"):
        assert (
            ada.post(f"{path}{act}", page="/profile", name="N", email="n@n", role="viewer", version=1).status_code
            == 404
        )
    assert accounts() == before
