"""How long one request is worked for, beside the time that each of its statements may take."""

from time import monotonic

from app.graphql_api.errors import Code, Rejected

TOO_LONG = "The operation takes too long: ask for less."


def too_long() -> Rejected:
    """Why something was given up."""
    return Rejected(TOO_LONG, code=Code.TIME)


class Deadline:
    """After so many seconds nothing more is begun; None: there is no end."""

    def __init__(self, seconds: int | None) -> None:
        self._end = None if seconds is None else monotonic() + seconds

    def check(self) -> None:
        """Raises `Rejected` when the time is over."""
        if self._end is not None and monotonic() > self._end:
            raise too_long()
