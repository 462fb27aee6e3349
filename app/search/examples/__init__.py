"""What the API document shows of searches."""
