"""Writes of search: saved searches, the log, statistics."""
