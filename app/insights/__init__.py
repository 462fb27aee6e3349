"""Insights: what staff have learned; its lifecycle."""
