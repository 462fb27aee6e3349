"""The API of search: lists and searches, suggestions, saved searches and their feeds, the log."""
