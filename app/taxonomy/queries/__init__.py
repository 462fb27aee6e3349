"""Reads of categories and tags; each is one statement whose JSON Postgres makes."""
