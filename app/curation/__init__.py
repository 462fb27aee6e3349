"""Acts on many insights at once, each with a receipt that undoes it: bulk changes, merges of tags and categories."""
