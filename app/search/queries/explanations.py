"""What a score is made of, for those who ask."""

from collections.abc import Iterator, Mapping, Sequence

from app.search.queries.candidates import SATURATED, Unit
from app.search.queries.refinement import Refined, WordScore

DIGITS = 4


def word_scores(
    units: Sequence[Unit], lengths: Sequence[float], frequencies: Sequence[Sequence[float]]
) -> Iterator[tuple[WordScore, ...]]:
    """For each document the part of each unit; ``lengths`` as the formula uses them."""
    for k, found in zip(lengths, frequencies, strict=True):
        yield tuple(
            WordScore(unit.word, unit.weight, often, unit.weight * SATURATED * often / (often + k))
            for unit, often in zip(units, found, strict=True)
        )


def explanation(hit: Refined) -> Mapping[str, object]:
    """The parts add up to the total. A word in the title counts three times in a frequency; where feedback has its
    share, the words' scores are lowered by it. Beyond the first hits the words are all there is."""
    words = [word for word in hit.words if word.score]
    told: dict[str, object] = {
        "words": [
            {
                "word": word.word,
                "weight": round(word.weight, DIGITS),
                "frequency": round(word.frequency),
                "score": round(word.score * hit.share_of_words, DIGITS),
            }
            for word in words
        ]
    }
    if hit.parts:
        told |= {name: round(value, DIGITS) for name, value in hit.parts._asdict().items() if name != "words"}
    return told | {"total": round(hit.score, DIGITS)}
