"""What an exercise consists of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Exercise:
    """What a right answer returns, and what the usual wrong ones return."""

    solution: Callable
    arguments: list[dict[str, Any]]  # some call tells each mistake from the solution
    mistakes: dict[str, Callable]  # the sentence that helps, and the wrong function
    praise: str
    # Where many answers are right, not one: what looks at an answer instead of comparing results.
    # It returns the sentence, and what shows its picture or None.
    judge: Callable[[Callable], tuple[str, Callable[[], None] | None]] | None = None
