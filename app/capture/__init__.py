"""Writing an insight: the pages, what is not saved yet, and what to begin with."""
