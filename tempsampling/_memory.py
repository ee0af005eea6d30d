"""What to say when memory runs out."""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOMEM


@contextmanager
def enough_memory() -> Iterator[None]:
    """Say what to do when memory is short; also a decorator.

    >>> with enough_memory():
    ...     text = "weather" * 3
    """
    try:
        yield
    except (MemoryError, OSError) as error:
        if isinstance(error, OSError) and error.errno != ENOMEM:
            raise
        raise MemoryError(
            "Memory is short: shut down notebooks that you no longer need (in the menu Kernel, or"
            " under the square on the left), or ask for fewer sequences or tokens at once; then run"
            " this cell again"
        ) from None
