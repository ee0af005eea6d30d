"""What an exercise consists of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tempsampling.lessons.calls import Judgment


@dataclass(frozen=True)
class Exercise:
    """What a right answer returns, and what the usual wrong ones return."""

    solution: Callable
    mistakes: dict[str, Callable]  # the sentence that helps, and the wrong function
    praise: str
    arguments: tuple[dict[str, Any], ...] | list[dict[str, Any]] = ()  # small enough to be shown
    # Any valid arguments, extreme ones among them: a mistake is named only if an answer makes it
    # for all of them.
    draw: Callable[[np.random.Generator], dict[str, Any]] | None = None
    # Where many answers are right, not one: what looks at an answer instead of comparing results.
    # It returns the sentence, and what shows its picture or None.
    judge: Callable[[Callable], Judgment] | None = None
