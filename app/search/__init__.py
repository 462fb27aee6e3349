"""Finding insights: a query language, ranking, suggestions, saved searches."""
