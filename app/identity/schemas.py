"""What people type into the forms of identity, and the contract of ``/me``."""

from datetime import timedelta
from typing import Any

from marshmallow import fields, post_load

from app.core.clock import now
from app.core.fields import Many, Schema, Text, Token, Whole
from app.identity.actor import Kind
from app.identity.models import EMAIL_LENGTH, NAME_LENGTH
from app.identity.permissions import GIVEN_ROLES, Permission, Role, Visibility

LONGEST_PASSWORD = 4096  # taken in; what is too long for a password is said by the command
MOST_SCOPES = 50
NEVER = "never"
DAYS_TO_LIVE = ("30", "90", "365", NEVER)


class Secret(Text):
    """What a form never shows again, whatever else was wrong."""


class FormSchema(Schema):
    """A form that a page sent: every value comes as text, and an empty field is an absent one."""

    as_text = True


def _email(**options: Any) -> Text:
    return Text(most=EMAIL_LENGTH, strip=True, required=True, **options)


def _name(**options: Any) -> Text:
    return Text(least=1, most=NAME_LENGTH, strip=True, required=True, **options)


def _password() -> Secret:
    return Secret(most=LONGEST_PASSWORD, required=True)


class SignInForm(FormSchema):
    """An e-mail address and a password."""

    email = _email()
    password = _password()


class CodeForm(FormSchema):
    """The code that follows a password, and what shows that the password was right."""

    challenge = Text(most=1000, required=True)
    code = Secret(most=100, strip=True, required=True)


class ForgottenForm(FormSchema):
    """Whose password is to be set anew."""

    email = _email()


class NewPasswordForm(FormSchema):
    """The password of an invited person, or a new one."""

    password = _password()


class FirstAdministratorForm(NewPasswordForm):
    """Who administers this installation."""

    email = _email()
    name = _name()


class ProfileForm(FormSchema):
    """What people change of themselves."""

    name = _name()


class PasswordForm(FormSchema):
    """A new password, by somebody who knows the old one."""

    current_password = _password()
    new_password = _password()
    revoke_tokens = fields.Boolean(load_default=False)


class SecondFactorForm(FormSchema):
    """The secret that was offered, and a code that shows that an authenticator has it."""

    secret = Text(most=100, required=True)
    code = Secret(most=100, strip=True, required=True)
    current_password = _password()


class ConfirmingForm(FormSchema):
    """The password once more."""

    password = _password()


class TokenForm(FormSchema):
    """A token of one's own; it loads ``scopes`` as one list and ``days`` as ``expires_at``."""

    name = _name()
    role = Token(GIVEN_ROLES, load_default=None)
    scopes = Many(Text(most=100), most=MOST_SCOPES, load_default=list)
    service_scopes = Text(most=1000, load_default="")
    days = Token(DAYS_TO_LIVE, required=True)

    @post_load
    def _join(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        days = given.pop("days")
        scopes = [*given.pop("scopes"), *given.pop("service_scopes").split()]
        expires_at = None if days == NEVER else now() + timedelta(days=int(days))
        return {**given, "scopes": scopes, "expires_at": expires_at}


class OwnTokenForm(TokenForm):
    """The same by somebody who has a password."""

    current_password = _password()


class ServiceTokenForm(TokenForm):
    """A token of a service, which has no role but its token's."""

    service = _name()
    role = Token(GIVEN_ROLES, required=True)


class InviteForm(FormSchema):
    """Somebody who shall be able to sign in."""

    email = _email()
    name = _name()
    role = Token(GIVEN_ROLES, required=True)


class UserForm(InviteForm):
    """A changed person, in the version that the form was made from."""

    version = Whole(required=True)


class MeAnswer(Schema):
    """Who the caller is, what the caller may do, and which insights the caller sees."""

    kind = Token(Kind, required=True)
    name = Text(required=True, metadata={"description": "An e-mail address, a service's name, or words."})
    role = Token(Role, required=True)
    permissions = fields.List(Token(Permission), required=True)
    scopes = fields.List(Text(), required=True, metadata={"description": "Rights of services, beside the role."})
    user_id = Whole(required=True, allow_none=True)
    visibilities = fields.List(Token(Visibility), required=True)
    every_draft = fields.Boolean(required=True, metadata={"description": "Whether others' drafts are seen too."})
