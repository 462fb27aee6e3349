"""How large something is, in the words of people."""

UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def readable_size(size: int) -> str:
    """``4 MiB`` for 4,194,304 bytes; never more than it is: what is as large as that fits a limit told so."""
    for unit, name in UNITS:
        if size >= unit:
            return f"{size * 10 // unit / 10:g} {name}"
    return f"{size} {'byte' if size == 1 else 'bytes'}"
