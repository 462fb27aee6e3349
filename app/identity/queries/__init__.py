"""Reads of users and of what they show to be known."""
