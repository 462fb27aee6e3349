"""Writes of capture."""
