"""The API of categories and tags."""
