"""What is promised about categories and tags."""

from app.core.checks import Check

# Whoever can't be reached from the top.
TREE = """
WITH RECURSIVE reached AS (
  SELECT id FROM categories WHERE parent_id IS NULL
  UNION SELECT c.id FROM categories c JOIN reached r ON c.parent_id = r.id)
SELECT format('category %s (%s) is in no tree: its ancestors go round in a circle, or one is missing', id, name)
FROM categories WHERE id NOT IN (SELECT id FROM reached) ORDER BY id"""

NAMES = """
SELECT format('the name of tag %s (%s) is an alias of tag %s', t.id, t.name, a.tag_id)
FROM tags t JOIN tag_aliases a ON folded(a.name) = folded(t.name)
UNION ALL
SELECT format('the name of category %s (%s) is an alias of category %s', c.id, c.name, a.category_id)
FROM categories c JOIN category_aliases a ON folded(a.name) = folded(c.name)
ORDER BY 1"""

CHECKS = (Check.of("tree", TREE), Check.of("names", NAMES))
