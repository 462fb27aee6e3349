"""HTTP for every edge: read a body, answer JSON that Postgres made, turn a domain error into a problem document."""
