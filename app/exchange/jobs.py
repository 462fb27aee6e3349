"""Upkeep that the worker runs for imports."""

import threading
from typing import Any

from flask import Flask, current_app

from app.core.db import transact
from app.core.jobs import Periodic
from app.exchange.running import claimed, run
from app.exchange.uploads import forget_uploads

_busy = threading.Lock()


def start_next() -> None:
    """Run the next upload beside the other upkeep, which goes on meanwhile; a stop of the worker cuts it off."""
    if not _busy.acquire(blocking=False):
        return
    try:
        upload = claimed()
    except BaseException:
        _busy.release()
        raise
    if upload is None:
        _busy.release()
        return
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # the proxy is this thread's
    threading.Thread(target=_run, args=(app, upload), name="import", daemon=True).start()


def _run(app: Flask, upload: Any) -> None:
    try:
        with app.app_context():
            run(upload)
    finally:
        _busy.release()


UPKEEP: tuple[Periodic, ...] = (
    Periodic("run uploaded imports", every_seconds=1, run=start_next),
    Periodic("forget old imports", every_seconds=3600, run=lambda: transact(forget_uploads)),
)
