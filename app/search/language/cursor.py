"""A place in a query's text, and what can be read from there."""

import re

from app.search.language.tokens import CLOSE, MINUS, OPEN, QUOTES, SPACE, is_lettered, is_space

JOINTS = ("AND", "OR", "NOT")
SPACES = re.compile(f"[{SPACE}]*")
MAY_END_CHUNK = re.compile(f"[{SPACE}{re.escape(OPEN + CLOSE)},]")
JOINT = re.compile(rf"(?:{'|'.join(JOINTS)})(?=[{SPACE}{re.escape(OPEN + CLOSE)}{QUOTES}]|\Z)")
# What closes a quote that was opened by this one: German closes with what English opens with.
CLOSING = {quote: re.compile('"' if quote == '"' else "[“”]") for quote in QUOTES}


class Cursor:
    """Stands ``at`` a character of ``text``, inside ``depth`` groups. What reads moves it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = self.depth = 0

    @property
    def sign(self) -> str:
        """The character here; empty at the end."""
        return self.text[self.at : self.at + 1]

    def skip_spaces(self) -> bool:
        """Pass what parts words; whether anything follows."""
        if spaces := SPACES.match(self.text, self.at):
            self.at = spaces.end()
        return self.at < len(self.text)

    def joint(self) -> str | None:
        """The joint that stands here on its own; the cursor stays."""
        found = JOINT.match(self.text, self.at)
        closes = found is not None and self.text.startswith(CLOSE, found.end())
        return found[0] if found and (self.depth or not closes) else None

    def minus(self) -> bool:
        """Pass a minus that negates what follows; a dash, an arrow or an option (``--force``) is none."""
        after = self.text[self.at + 1 : self.at + 2]
        negates = self.sign == MINUS and after not in ("", MINUS, CLOSE, ">") and not is_space(after)
        self.at += negates
        return negates

    def quoted(self) -> str:
        """Pass what is in quotes. They close at the end at the latest."""
        start = self.at + 1
        closing = CLOSING[self.sign].search(self.text, start)
        self.at = closing.end() if closing else len(self.text)
        return self.text[start : closing.start() if closing else self.at]

    def end_of_signs(self) -> int:
        """Where a letter or a digit, a space, a phrase or the end of a group comes next."""
        at = self.at
        while at < len(self.text) and not is_lettered(self.text[at]):
            sign = self.text[at]
            if is_space(sign) or sign in QUOTES or (sign == CLOSE and self.depth):
                break
            at += 1
        return at

    def end_of_chunk(self, stop: str = "") -> int:
        """Where what has no space in it ends: before a space, ``stop``, or a parenthesis that closes a group and wasn't
        opened in the chunk itself (``main()``)."""
        opened = 0
        for found in MAY_END_CHUNK.finditer(self.text, self.at):
            sign = found[0]
            if is_space(sign) or sign == stop or (sign == CLOSE and self.depth and not opened):
                return found.start()
            opened = max(0, opened + (sign == OPEN) - (sign == CLOSE))
        return len(self.text)
