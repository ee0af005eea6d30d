"""What the tests of each lesson read: test_lesson_08.py gets the words of lesson 8."""

import pytest
from lessons import folded_answers, prose


@pytest.fixture(scope="module")
def answers(request):
    """The folded answers of the lesson."""
    return folded_answers(number_of(request))


@pytest.fixture(scope="module")
def text(request):
    """All that the lesson says."""
    return prose(number_of(request))


def number_of(request):
    return int(request.path.stem.removeprefix("test_lesson_"))
