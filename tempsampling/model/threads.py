"""How many threads multiply matrices: as many as make the network fast just now.

The threads of a product wait for each other. If another program keeps one of two cores busy, two
threads take longer than one alone. So the time of each step of the network is watched. Where all
threads are slower than they were, fewer are tried; where fewer are used, now and then more are.
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
SLOW = 1.4  # times as long as the fastest step of as many rows: something else is at work


class Threads:
    """The number of threads for the next step; a user who set one is obeyed."""

    def __init__(self) -> None:
        self.number = 0  # that was best so far; 0 leaves it to the library
        self._costs: dict[int, float] = {}  # seconds a row, for each number that was tried
        self._fastest: dict[int, float] = {}  # seconds of a step of so many rows
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
        self._learn(number, rows, time.perf_counter() - start)

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

    def _learn(self, number: int, rows: int, seconds: float) -> None:
        cost = seconds / (BASE + rows)
        fastest = self._fastest[rows] = min(seconds, self._fastest.get(rows, seconds))
        if number == self.number:
            self._costs[number] = 0.7 * self._costs.get(number, cost) + 0.3 * cost
            self._steps += 1
            if number == self.numbers[0] and len(self._costs) > 1 and seconds < SLOW * fastest:
                # All is well: another number of threads would only round differently.
                self._steps, self._wait = 0, FEWER_AFTER
            return
        self._costs[number] = cost  # an older one says nothing of now
        better = cost < 0.9 * self._costs[self.number]
        if better:
            self.number = number
        self._steps, longer = 0, min(3 * self._wait, SELDOM)
        soon = FEWER_AFTER if self.number == self.numbers[0] else MORE_AFTER
        self._wait = soon if better else longer
