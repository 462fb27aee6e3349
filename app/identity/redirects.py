"""Where a person goes on after signing in."""

LONGEST = 2000


def local_path(text: str | None) -> str:
    r"""The path of a page of ours, with its query; ``/`` for anything that could lead elsewhere.

    Browsers read ``//host`` and ``/\host`` as another site's address, and leave control characters out.
    """
    given = text or ""
    leads_here = given.startswith("/") and not given.startswith("//") and "\\" not in given
    return given if leads_here and given.isprintable() and len(given) <= LONGEST else "/"
