"""Everything of an installation in one file, and back: the database as of one moment, and what belongs to it."""
