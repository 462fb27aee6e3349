"""The embedded default: a real PostgreSQL and a real Valkey, whose data are in the instance folder."""

from app.embedded.servers import running_servers

__all__ = ["running_servers"]
