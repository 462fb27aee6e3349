"""Writes of categories and tags, one verb per function; the caller's transaction commits them."""
