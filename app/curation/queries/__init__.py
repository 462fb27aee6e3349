"""Reads for acts on many rows, and of their receipts."""
