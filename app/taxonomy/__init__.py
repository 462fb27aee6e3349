"""Taxonomy: the category tree and the counted tags."""
