"""Writes of insights, one verb per function; the caller's transaction commits them."""
