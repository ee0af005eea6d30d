"""Whatever the order in which a learner runs a lesson's cells, each gives a result or a sentence.

Two orders of each lesson follow its cells, in their kernel (`lesson_items.py`). These are more.
"""

import pytest
from jupyter_client.manager import run_kernel
from lesson_items import BEGINNING, REMEMBER, Kernel, code_cells, in_some_order, shuffled
from test_notebooks import LESSONS

pytestmark = pytest.mark.rare


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    """A lesson's kernel, in which nothing was run yet, and its cells."""
    with run_kernel(kernel_name="python3") as client:
        kernel = Kernel(client)
        kernel.right(REMEMBER)
        yield kernel, code_cells(request.param)


def test_a_cell_alone_gives_a_result_or_a_sentence(lesson):
    kernel, cells = lesson
    for cell in cells[BEGINNING:]:
        assert in_some_order(kernel, cells, [cell]) == []


@pytest.mark.parametrize("seed", range(2, 22))
def test_cells_in_a_random_order_give_results_or_sentences(lesson, seed):
    shuffled(*lesson, seed)


def test_after_a_restart_in_the_middle_the_rest_gives_results_or_sentences(lesson):
    kernel, cells = lesson
    assert in_some_order(kernel, cells, cells[len(cells) // 2 :]) == []
