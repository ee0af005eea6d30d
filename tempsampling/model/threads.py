"""How many threads multiply matrices: as many as make the network fast just now.

The threads of a product wait for each other. If another program keeps one of two cores busy, two
threads take longer than one alone. So the time of each step of the network is watched, and now and
then another number of threads is tried, more and more seldom if it does not help.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from threadpoolctl import ThreadpoolController

SET_BY_THE_USER = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
BASE = 5  # rows that take as long as what a step does once, whatever its rows
FEWER_AFTER, MORE_AFTER = 2, 8  # steps, after which fewer or more threads are tried first
SELDOM = 100  # steps between two trials, at most


class Threads:
    """The number of threads for the next step; a user who set one is obeyed."""

    def __init__(self) -> None:
        self.number = 0  # that was best so far; 0 leaves it to the library
        self._costs: dict[int, float] = {}  # seconds a row, for each number that was tried
        self._steps, self._wait = 0, FEWER_AFTER

    @cached_property
    def _library(self) -> ThreadpoolController:
        return ThreadpoolController().select(user_api="blas")

    @cached_property
    def numbers(self) -> list[int]:
        """Numbers of threads to choose from: all, half as many, and so on to one."""
        found = [each["num_threads"] for each in self._library.info()]
        if not found or any(os.environ.get(name) for name in SET_BY_THE_USER):
            return []
        most = max(found)
        return [most >> halvings for halvings in range(most.bit_length())]

    @contextmanager
    def step(self, rows: int) -> Iterator[None]:
        """Run a step of the network on so many rows, and learn from the time that it takes."""
        if len(self.numbers) < 2:
            yield
            return
        self.number = self.number or self.numbers[0]
        number = self._to_try() if self._steps >= self._wait else self.number
        start = time.perf_counter()
        with self._library.limit(limits=number):
            yield
        self._learn(number, (time.perf_counter() - start) / (BASE + rows))

    @contextmanager
    def same(self) -> Iterator[None]:
        """Compute something else with as many threads."""
        if not self.number:
            yield
            return
        with self._library.limit(limits=self.number):
            yield

    def _to_try(self) -> int:
        """Return the next smaller or larger number: what was never tried, or longest ago."""
        place = self.numbers.index(self.number)
        near = self.numbers[max(0, place - 1) : place] + self.numbers[place + 1 : place + 2]
        return min(near, key=lambda number: (number in self._costs, number))

    def _learn(self, number: int, cost: float) -> None:
        before = self._costs.get(number, cost)
        self._costs[number] = 0.7 * before + 0.3 * min(cost, 2 * before)  # one slow step is chance
        self._steps += 1
        if number == self.number:
            if cost > 1.5 * before and number > 1:  # something else began to work: try fewer
                self._wait = min(self._wait, self._steps)
            return
        self._costs[number] = cost  # an older one says nothing of now
        better = cost < 0.9 * self._costs[self.number]
        if better:
            self.number = number
        fewer = self.number == self.numbers[0]
        self._steps, longer = 0, min(3 * self._wait, SELDOM)
        self._wait = (FEWER_AFTER if fewer else MORE_AFTER) if better else longer
