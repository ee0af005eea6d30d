"""A call of a learner's function, which may raise, or never end."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from textwrap import shorten
from time import monotonic
from traceback import format_exception_only
from types import FrameType
from typing import Any

MOST_PRINTED = 2000  # characters, of all calls: a loop that prints must not fill the page
MOST_STEPS = 1_000_000  # lines that an answer may run: a second or two
NOTHING = "Not done yet: {} returns nothing. Replace the dots with your code, and end with return."
MOST_SECONDS = 4  # that it may take, if its lines are slow


class TooLongError(BaseException):
    """Raised within an answer that does not end; not an Exception, which it might catch."""

    def __init__(self, dropped: Callable[[], None]) -> None:
        self.dropped = dropped

    def __del__(self) -> None:
        self.dropped()


def call(answer: Callable, arguments: dict[str, Any], most: int = MOST_STEPS) -> Any:
    """Call an answer, and stop it after so many lines, or seconds if its lines are slow."""
    steps, end, runs = 0, monotonic() + MOST_SECONDS, True

    def count(frame: FrameType, event: str, arg: Any) -> Callable:
        nonlocal steps
        steps += 1
        if steps > most or monotonic() > end:
            raise TooLongError(go_on)
        return count

    def go_on() -> None:  # a bare `except:` dropped the error, with which Python ended the trace
        if runs:
            sys._getframe(2).f_trace = count
            sys.settrace(count)

    before = sys.gettrace()
    sys.settrace(count)
    try:
        return answer(**arguments)
    finally:
        runs = False
        sys.settrace(before)


class _Beginning(io.StringIO):
    def write(self, text: str) -> int:
        return super().write(text[: max(0, MOST_PRINTED - self.tell())])


@contextmanager
def little_printed() -> Iterator[None]:
    """Print the beginning of what is printed meanwhile, and say if there was more."""
    with redirect_stdout(_Beginning()) as printed:
        yield
    text = printed.getvalue()
    print(text, end="\n… (more was printed)\n" if len(text) == MOST_PRINTED else "")


def raised(error: BaseException) -> str:
    """Say in one line what an answer raised."""
    return "raised " + shorten("".join(format_exception_only(error)), 200, placeholder=" …")


def one_line(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())
