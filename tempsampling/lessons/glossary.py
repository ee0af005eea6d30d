"""The course's terms, each with the lesson that defines it; a test holds them against the lessons.

They stand in glossary.txt, a line for each: the term in the singular, the lesson, and the meaning
that the word has in this course.
"""

from importlib.resources import files

from tempsampling._validate import shorten, string

LESSONS = (
    "01_understanding_temperature",
    "02_the_mathematics_behind_temperature",
    "03_low_temperature",
    "04_high_temperature",
    "05_balancing_creativity_and_coherence",
    "06_text_completion",
    "07_dialogue_systems",
    "08_sampling_strategies",
    "09_recipe_generation",
    "10_model_confidence",
    "11_multimodal_models",
    "12_adaptive_temperature",
    "13_best_practices",
    "14_additional_resources",
)


def terms() -> dict[str, tuple[int, str]]:
    """Return the lesson and the meaning of every term, in alphabetical order.

    >>> terms()["greedy"]
    (3, 'always taking the likeliest token: T = 0')
    """
    lines = files(__package__).joinpath("glossary.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.split(" | ", 2) for line in lines)
    return {term: (int(lesson), meaning) for term, lesson, meaning in rows}


def look_up(part: str) -> str:
    """Return the terms that contain some letters, with their lessons and meanings.

    If no term does, the meanings are searched.

    >>> print(look_up("greedy"))
    greedy (lesson 3): always taking the likeliest token: T = 0
    """
    part = string(part, "part", whole=True).strip().lower()
    found = {term: entry for term, entry in terms().items() if part in term.lower()}
    found = found or {term: entry for term, entry in terms().items() if part in entry[1].lower()}
    if not found:
        return f"No term of the course has {shorten(part)} in it."
    return "\n".join(f"{term} (lesson {n}): {meaning}" for term, (n, meaning) in found.items())


def table(first: str, last: str) -> str:
    """Return the terms from one initial letter to another as a table in Markdown, with links.

    >>> print(table("a", "a").splitlines()[2])
    | agreement | the chance that two draws are the same: the sum of the squared probabilities | \
[7](07_dialogue_systems.ipynb) |
    """
    rows = [
        f"| {term} | {meaning} | [{lesson}]({LESSONS[lesson - 1]}.ipynb) |"
        for term, (lesson, meaning) in terms().items()
        if string(first, "first", whole=True) <= term[0].lower() <= string(last, "last", whole=True)
    ]
    return "\n".join(["| term | meaning | lesson |", "|---|---|---|", *rows])
