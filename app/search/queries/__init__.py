"""Reads of search: what is found, in which order, and what is known of it."""
