"""The bar over work that takes longer than two seconds."""

import os
import threading
from collections.abc import Iterable

from tqdm.auto import tqdm


def progress(
    description: str, items: Iterable | None = None, *, total: int | None = None, delay: float = 2
) -> tqdm:
    """Return a bar that shows up after two seconds (`delay`) and goes when the work is done.

    It goes around `items`, or is updated by hand and reaches its end at `total`. With TQDM_DISABLE
    set in the environment, as where outputs are compared, it never shows up.
    Nor does it in a thread: what that displays belongs to no cell.

    >>> with progress("Reading", total=2) as bar:
    ...     bar.update()
    """
    # tqdm reads the variable itself for its bars of text, but not for those in a notebook.
    silent = os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    silent |= threading.current_thread() is not threading.main_thread()
    options = {"total": total, "delay": delay, "leave": False, "disable": silent}
    return tqdm(items, desc=description, **options)
