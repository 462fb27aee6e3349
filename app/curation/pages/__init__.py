"""Pages of acts on many rows: what was done, and the way back."""
