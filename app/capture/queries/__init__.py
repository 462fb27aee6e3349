"""Reads of capture."""
