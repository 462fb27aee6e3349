"""What a page says after a redirect: the address carries a code, a number and a receipt, never the words."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import redirect, request
from werkzeug import Response

from app.core.http.pages import CARRIED

# After a form that worked (``?done=``). Two texts: for ``?n=1``, and for every other number.
NOTICES: Mapping[str, str | tuple[str, str]] = {
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
    # one insight
    "captured": "The insight was captured.",
    "saved": "The changes were saved.",
    "unchanged": "Nothing differed from what is stored, so nothing was written.",
    "copy-discarded": "What was not saved is gone.",
    "template-saved": "The template was saved.",
    "template-deleted": "The template was deleted.",
    "published": "The insight was published.",
    "archived": "The insight was archived.",
    "trashed": "The insight is in the trash.",
    "restored": "The insight is back from the trash.",
    "reverted": "The insight is as it was in that revision.",
    "purged": "The insight was deleted for good.",
    "trash-emptied": ("One insight was deleted for good.", "{n} insights were deleted for good."),
    # many insights
    "nothing": "Nothing was changed: all of it was that way already, or is not yours to change.",
    "bulk-tag": ("One insight was tagged.", "{n} insights were tagged."),
    "bulk-untag": ("One insight lost the tag.", "{n} insights lost the tag."),
    "bulk-recategorise": ("One insight changed its category.", "{n} insights changed their category."),
    "bulk-set_priority": ("One insight changed its priority.", "{n} insights changed their priority."),
    "bulk-publish": ("One insight was published.", "{n} insights were published."),
    "bulk-archive": ("One insight was archived.", "{n} insights were archived."),
    "bulk-trash": ("One insight is in the trash.", "{n} insights are in the trash."),
    # categories and tags
    "category-created": "The category was created.",
    "category-changed": "The category was changed.",
    "category-moved": "The category was moved, with all below it.",
    "category-merged": "The categories are one now; the other name stands for it.",
    "category-deleted": "The category was deleted.",
    "tag-created": "The tag was created.",
    "tag-changed": "The tag was changed.",
    "tag-merged": "The tags are one now; the other name stands for it.",
    "tag-deleted": "The tag was deleted.",
    # the way back, and imports
    "undone": "Undone.",
    "redone": "Done again.",
    "undone-insights": ("Undone for one insight.", "Undone for {n} insights."),
    "undone-nothing": "Nothing was undone: all of it was changed since, or is not yours to change.",
    "redone-insights": ("Done again for one insight.", "Done again for {n} insights."),
    "import-discarded": "The file was forgotten.",
    "import": ("One insight was imported.", "{n} insights were imported."),
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
MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Notice:
    """What was just done: to how many it could not be done (``left``), and the receipt that undoes it."""

    text: str
    left: int = 0
    receipt: UUID | None = None
    again: bool = False  # the receipt is an undoing's: undoing that one does the act once more

    @classmethod
    def of_request(cls) -> Self | None:
        """The notice that the address asks for; None for no code, or an unknown one."""
        code = request.args.get("done", "")
        known = NOTICES.get(code)
        if known is None:
            return None
        return cls(_worded(known), _number("left"), _receipt(), again=code.startswith("undone"))


def done(path: str, code: str, **more: object) -> Response:
    """After a form that worked: to a page that can be loaded again, with a notice.

    ``more`` goes along unless it is None: ``n`` (of how many), ``left`` (how many could not be done) and ``receipt``,
    with which the notice offers to undo. The path may have a query; what an earlier notice left there goes.
    """
    path, _, query = path.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in CARRIED]
    added = [("done", code), *((name, value) for name, value in more.items() if value is not None)]
    return redirect(f"{path}?{urlencode([*kept, *added])}", 303)


def _worded(known: str | tuple[str, str]) -> str:
    if isinstance(known, str):
        return known
    number = _number("n")
    return known[0] if number == 1 else known[1].format(n=f"{number:,}")


def _number(name: str) -> int:
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= MOST_DIGITS else 0


def _receipt() -> UUID | None:
    with suppress(ValueError):
        return UUID(request.args.get("receipt", ""))
    return None
