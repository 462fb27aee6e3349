"""The pages of search: the library, saved searches, what was searched for in vain."""
