"""The query language: from the text that was typed to a tree, and back to texts."""
