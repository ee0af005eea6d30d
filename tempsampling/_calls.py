"""A call of a learner's function, which may raise, or never end."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

MOST_STEPS = 1_000_000  # lines that an answer may run: a second or two


class TooLongError(BaseException):
    """Raised within an answer that does not end; not an Exception, which it might catch."""


def call(answer: Callable, arguments: dict[str, Any], most: int = MOST_STEPS) -> Any:
    """Call an answer, and stop it after so many lines: the same on every machine, unlike a time."""
    steps = 0

    def count(frame: FrameType, event: str, arg: Any) -> Callable:
        nonlocal steps
        steps += 1
        if steps > most:
            raise TooLongError
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        return answer(**arguments)
    finally:
        sys.settrace(before)


def one_line(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())
