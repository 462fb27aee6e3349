"""The templates that come with the product."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.insights.models import Priority


@dataclass(frozen=True, slots=True)
class Builtin:
    """What a new insight begins with; ``category`` is looked for by its name, and left out where there is none."""

    name: str
    about: str
    content: str
    tags: tuple[str, ...] = ()
    priority: Priority = Priority.MEDIUM
    category: str | None = None


def _sections(*sections: tuple[str, str]) -> str:
    return "\n".join(f"## {heading}\n\n{hint}\n" for heading, hint in sections)


REFERENCES = ("References", "- Where can one read more?")
RELATED = ("Related", "- Which other insights belong to it?")
TASKS = "- [ ] Who does what, until when?"

BUILTIN: Mapping[str, Builtin] = {
    "insight": Builtin(
        "Insight",
        "What was learned, and what follows from it.",
        _sections(
            ("Context", "What was the situation?"),
            ("Insight", "What did we learn?"),
            ("Impact", "Whom does it concern, and how much?"),
            ("Action Items", TASKS),
            REFERENCES,
            RELATED,
        ),
    ),
    "incident": Builtin(
        "Incident",
        "What broke, why, and how it won't happen again.",
        _sections(
            ("Summary", "What happened, in two sentences?"),
            ("Impact", "Who noticed what, from when to when?"),
            ("Timeline", "| Time (UTC) | What happened |\n| --- | --- |\n|  |  |"),
            ("Root cause", "Why did it happen?"),
            ("What helped, what did not", "- What would have shortened it?"),
            ("Action Items", TASKS),
            REFERENCES,
        ),
        ("Incident", "Lesson Learned"),
        Priority.CRITICAL,
        "Technical",
    ),
    "best-practice": Builtin(
        "Best practice",
        "A way of working that proved itself.",
        _sections(
            ("Practice", "What do we do?"),
            ("Why it works", "What is better than before?"),
            ("How to", "1. What comes first?"),
            ("When not to", "Where does it do harm?"),
            ("Example", "```\n\n```"),
            REFERENCES,
        ),
        ("Best Practice",),
    ),
    "process-improvement": Builtin(
        "Process improvement",
        "What changed in how we work, and what came of it.",
        _sections(
            ("Before", "How did we work, and what hurt?"),
            ("Change", "What do we do instead?"),
            ("Result", "What is different, in figures where there are some?"),
            ("Next steps", TASKS),
            RELATED,
        ),
        ("Improvement",),
        category="Process",
    ),
    "knowledge-sharing": Builtin(
        "Knowledge sharing",
        "Something that others should know, too.",
        _sections(
            ("In short", "What should a colleague remember?"),
            ("Background", "Where does it come from?"),
            ("Details", "How does it work?"),
            ("Try it", "1. How does one begin?"),
            REFERENCES,
        ),
        ("Documentation",),
        Priority.LOW,
    ),
}
