"""Exchange: insights in from files and out to files (Markdown, CSV, JSON)."""
