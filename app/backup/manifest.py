"""What a backup says about itself."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

# Members of the file. The first is always there.
DUMP, SECRET_KEY, CONFIGURATION = "database.dump", "secret_key", "config.yaml"
MEMBERS = (DUMP, SECRET_KEY, CONFIGURATION)
# And the bytes of attached files, each named by its SHA-256 sum.
OBJECTS = "objects/"
OBJECT = re.compile(rf"{OBJECTS}[0-9a-f]{{64}}")


def _only_ours(members: dict[str, str]) -> dict[str, str]:
    others = set(members) - set(MEMBERS)
    if DUMP not in members or not all(OBJECT.fullmatch(name) for name in others):
        raise ValueError(f"must name {DUMP}, and nothing but {', '.join(MEMBERS)} and {OBJECTS}")
    return members


class Manifest(BaseModel):
    """``schema_revision`` is the newest migration of the database, ``server`` its major version, ``pg_dump`` that of
    the program; ``rows`` counts what each table held. ``key`` tells SECRET_KEYs apart and doesn't give them away.
    ``members`` maps names to SHA-256 sums (hexadecimal); ``missing`` has the sums of the attached files that could not
    be copied."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    product: Literal["insights-tracker"] = "insights-tracker"
    release: str
    taken_at: datetime
    schema_revision: Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
    server: int
    pg_dump: int
    rows: dict[str, int]
    key: str
    members: Annotated[dict[str, str], AfterValidator(_only_ours)]
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        counted = (("insights", "insights"), ("insight_trash", "in the trash"), ("categories", "categories"),
                   ("tags", "tags"), ("users", "users"), ("attachments", "attached files"))  # fmt: skip
        told = ", ".join(f"{self.rows[table]:,} {words}" for table, words in counted if table in self.rows)
        lost = f" ({len(self.missing):,} of them missing or damaged)" if self.missing else ""
        told = told.replace("attached files", f"attached files{lost}")
        return f"{told}; {sum(self.rows.values()):,} rows in all, as of {self.taken_at:%Y-%m-%d %H:%M:%S} UTC"
