"""What is promised about what search looks at."""

from app.core.checks import Check

DOCUMENTS = """
SELECT format('insight %s: what search looks at is not that of its texts', i.id)
FROM insights i CROSS JOIN LATERAL search_document(i.title, i.description, i.content) fresh
LEFT JOIN search_documents d ON d.insight_id = i.id
WHERE (d.length, d.stems, d.words) IS DISTINCT FROM (fresh.length, fresh.stems, fresh.words) ORDER BY i.id"""

# Those of the documents that ought to be in `search_words`, as `search_note_words` has it, and are not.
UNKNOWN_WORDS = """
FROM ts_stat('SELECT words FROM search_documents') used
WHERE length(used.word) BETWEEN 3 AND 40 AND used.word ~ '[[:alpha:]]'
  AND NOT EXISTS (SELECT FROM search_words known WHERE known.word = used.word)"""
WORDS = f"SELECT format('the word \"%s\" is not known to search', used.word) {UNKNOWN_WORDS} ORDER BY used.word"

CHECKS = (Check.of("search", DOCUMENTS), Check.of("words", WORDS))
