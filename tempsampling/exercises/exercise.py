"""What an exercise consists of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Exercise:
    """What a right answer returns, and what the usual wrong ones return."""

    solution: Callable
    arguments: list[dict[str, Any]]  # some call tells each mistake from the solution
    mistakes: list[tuple[Callable, str]]  # a wrong function, and the sentence that helps
    praise: str
