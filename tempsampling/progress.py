"""The bar over work that takes longer than two seconds."""

import os
from typing import Any

from tqdm.auto import tqdm


def progress(description: str, total: int, **options: Any) -> tqdm:
    """Return a bar that shows up after two seconds (`delay`) and goes when the work is done.

    With TQDM_DISABLE set in the environment, as where outputs are compared, it never shows up.

    >>> with progress("Reading", total=2) as bar:
    ...     bar.update()
    """
    # tqdm reads the variable itself for its bars of text, but not for those in a notebook.
    silent = os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    options = {"delay": 2, "leave": False, "disable": silent} | options
    return tqdm(desc=description, total=total, **options)
