"""Reads of insights; each is one statement whose JSON Postgres makes."""
