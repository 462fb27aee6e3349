"""The API of insights: themselves, their history, the trash."""
