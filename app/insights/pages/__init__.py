"""Pages of single insights: their history, the trash."""
