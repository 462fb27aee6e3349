"""The WSGI entry point."""

from app import create_app
from app.core.migrations import bind

app = create_app()
bind(app)  # for `flask db ...`
