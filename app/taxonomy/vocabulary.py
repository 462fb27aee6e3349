"""Who may name new tags and categories: what the installation set as its `VOCABULARY`."""

from collections.abc import Mapping
from typing import NamedTuple

from flask import current_app

from app.identity.acting import current_actor
from app.identity.permissions import Permission


class Naming(NamedTuple):
    """Who names: whoever has one of the permissions, and who those are in words."""

    permissions: frozenset[Permission]
    people: str


NAMING: Mapping[str, Naming] = {
    "open": Naming(frozenset({Permission.CAPTURE, Permission.CURATE, Permission.NAME}), "whoever captures insights"),
    "curated": Naming(frozenset({Permission.CURATE, Permission.NAME}), "the editors"),
    "closed": Naming(frozenset({Permission.NAME}), "the administrators"),
}


def may_name() -> bool:
    """Whether the actor may bring a new name into the vocabulary."""
    return bool(_naming().permissions & current_actor().permissions)


def who_names() -> str:
    """Those who may, in words."""
    return _naming().people


def _naming() -> Naming:
    return NAMING[current_app.config["VOCABULARY"]]
