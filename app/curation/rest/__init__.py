"""The API of acts on many rows: bulk changes, merges, receipts."""
