"""The formats: each reads records from files and writes insights to them."""
