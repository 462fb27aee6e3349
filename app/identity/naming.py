"""How the audit log, messages and lists call somebody who has an account."""


def called(users: str) -> str:
    """The SQL of it, ``users`` being the table's name in the statement: the e-mail address, else the name.

    People choose their names, so one without an address gets the id as well ("Ada (user 7)"): nobody is taken for
    somebody else, nor a name for an address, which can't have parentheses.
    """
    return (
        f"coalesce({users}.email, {users}.name || CASE {users}.kind"
        f" WHEN 'person' THEN ' (user ' || {users}.id || ')' ELSE '' END)"
    )
