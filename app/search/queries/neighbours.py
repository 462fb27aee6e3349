"""What related and similar insights look like (`NeighbourAnswer`)."""

# Members of an insight `i` and its category `c`, for `json_build_object`.
NEIGHBOUR = """
    'id', i.id, 'title', i.title, 'status', i.status, 'author', i.author, 'created_at', iso_utc(i.created_at),
    'category', CASE WHEN c.id IS NOT NULL THEN json_build_object('id', c.id, 'name', c.name) END"""
