"""Acts on many rows, one verb per function; the caller's transaction commits them."""
