"""What a page says after a redirect: the address carries a code, never the words."""

from urllib.parse import urlencode

from flask import redirect
from werkzeug import Response

# After a form that worked (``?done=``).
NOTICES = {
    "name": "Your name was changed.",
    "password": "Your password was changed. Other devices were signed out.",
    "password-and-tokens": "Your password was changed. Other devices were signed out, and your API tokens revoked.",
    "new-password": "Your password was set. Sign in with it.",
    "second-factor-off": "Two-step sign-in is off.",
    "second-factor-removed": "Two-step sign-in is off for this person.",
    "revoked": "The token was revoked: nothing accepts it any more.",
    "device": "That device was signed out.",
    "devices": "All other devices were signed out.",
    "user": "The changes were saved.",
    "disabled": "The account is disabled: every session ended, and its tokens work no more.",
    "enabled": "The account is enabled again.",
    "search-saved": "The search was saved.",
    "search-changed": "The changes were saved.",
    "search-deleted": "The saved search was deleted.",
    "feed-key-revoked": "The key was revoked: it opens the feed no more.",
}
# Why somebody is at the sign-in page (``?problem=``).
PROBLEMS = {
    "oidc_denied": "Single sign-on was cancelled, or your provider did not let you through.",
    "oidc_failed": "Single sign-on did not work. Try it once more; if it fails again, tell an administrator.",
    "oidc_unavailable": "The single sign-on provider can't be reached just now. Try again in a moment.",
    "no_role": "Your provider knows you, but nobody gave you a role here yet. Ask an administrator.",
    "session_ended": "Your session has ended. Sign in again to go on.",
}
SIGNED_OUT = "signed_out"


def done(path: str, code: str) -> Response:
    """After a form that worked: to a page that can be loaded again, with a notice."""
    return redirect(f"{path}?{urlencode({'done': code})}", 303)
