"""Call a learner's function, which may raise, print without end, or never return."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from textwrap import shorten
from time import monotonic
from traceback import format_exception_only
from types import FrameType
from typing import Any

import numpy as np

MOST_LINES = 1_000_000  # of Python that an answer may run: a second or two
MOST_SECONDS = 4  # that it may take, if its lines are slow
MOST_PRINTED = 2000  # characters, of all calls: a loop that prints must not fill the page

NOTHING = "Not done yet: {} returns nothing. Replace the dots with your code, and end with return."


class TooLongError(BaseException):
    """Raised within an answer that does not end; not an Exception, which it might catch."""


def call(answer: Callable, arguments: dict[str, Any], most: int = MOST_LINES) -> Any:
    """Return what an answer returns, or raise what it raises; TooLongError if it does not end."""
    lines, end = 0, monotonic() + MOST_SECONDS

    def count(frame: FrameType, event: str, arg: Any) -> Callable:
        nonlocal lines
        lines += 1
        if lines > most or monotonic() > end:
            raise TooLongError
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        with np.errstate(all="ignore"):
            return answer(**arguments)
    finally:
        sys.settrace(before)


def tried(
    answer: Callable, arguments: dict[str, Any], called: Callable[[], str]
) -> tuple[Any, str | None]:
    """Return what an answer returns, and what is wrong with it before it is looked at.

    In place of a result stands None where the answer raised, and ... where there is none at all;
    `called` writes the call down, for the sentence.
    """
    try:
        result = call(answer, arguments)
    except TooLongError:
        return ..., f"Not yet: {called()} does not end. Look at its loops."
    except (Exception, SystemExit) as error:
        return None, f"Not yet: {called()} {raised(error)}."
    if result is None or result is ...:
        return ..., NOTHING.format(answer.__name__)
    return result, None


Judgment = tuple[str, Callable[[], None] | None]  # a sentence, and what shows its picture


def judging(look: Callable[[Any], Judgment]) -> Callable[[Callable], Judgment]:
    """Turn what judges a result into what judges an answer, a function without arguments."""

    def judge(answer: Callable) -> Judgment:
        result, problem = tried(answer, {}, lambda: f"{answer.__name__}()")
        return (problem, None) if problem else look(result)

    return judge


@contextmanager
def little_printed() -> Iterator[None]:
    """Print the beginning of what is printed meanwhile, and say if there was more."""
    with redirect_stdout(_Beginning()) as printed:
        yield
    text = printed.getvalue()
    print(text, end="\n… (more was printed)\n" if len(text) == MOST_PRINTED else "")


class _Beginning(io.StringIO):
    def write(self, text: str) -> int:
        return super().write(text[: max(0, MOST_PRINTED - self.tell())])


def raised(error: BaseException) -> str:
    """Say in one line what an answer raised."""
    return "raised " + shorten("".join(format_exception_only(error)), 200, placeholder=" …")


def one_line(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())
