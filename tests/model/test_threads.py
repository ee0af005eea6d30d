"""How many threads multiply matrices: learned from the time that steps take."""

import os
import subprocess
import sys
from contextlib import nullcontext

import numpy  # noqa: F401, brings the library
import pytest
from threadpoolctl import ThreadpoolController

from tempsampling.model import threads
from tempsampling.model.threads import Threads

LIBRARY = ThreadpoolController().select(user_api="blas")


class World:
    """A clock that moves by what a step costs with the number of threads that is set."""

    def __init__(self, monkeypatch, most=2):
        self.now, self.learner = 0.0, Threads()
        self.learner.numbers = [most >> halvings for halvings in range(most.bit_length())]
        self.learner._library = self  # cached: no library is asked
        self.number = most
        monkeypatch.setattr(threads.time, "perf_counter", lambda: self.now)

    def limit(self, limits):
        self.number = limits
        return nullcontext()

    def steps(self, number, cost, rows=1):
        """Return the numbers of threads that the steps ran with."""
        used = []
        for _ in range(number):
            with self.learner.step(rows):
                self.now += cost[self.number] * (threads.BASE + rows)
            used.append(self.number)
        return used


QUIET, BUSY = {1: 1.8, 2: 1.0}, {1: 1.8, 2: 3.0}


@pytest.fixture
def world(monkeypatch):
    return World(monkeypatch)


def test_a_quiet_machine_is_used_whole_and_after_one_trial_always_rounds_alike(world):
    used = world.steps(1000, QUIET)
    assert used.count(1) == 1
    assert used[10:] == [2] * 990


def test_one_thread_is_soon_enough_where_another_program_keeps_a_core_busy(world):
    used = world.steps(1000, BUSY)
    assert used[:6].count(1) > 1
    assert used[6:].count(1) > 0.98 * len(used[6:])


def test_a_program_that_begins_to_work_is_noticed_within_a_few_steps(world):
    world.steps(500, QUIET)
    assert world.steps(12, BUSY).count(1) >= 8


def test_a_program_that_ends_is_noticed_too(world):
    world.steps(500, BUSY)
    assert world.steps(threads.SELDOM + 10, QUIET)[-5:] == [2] * 5


def test_one_slow_step_changes_nothing(world):
    world.steps(50, QUIET)
    world.steps(1, {1: 50.0, 2: 50.0})
    assert world.steps(20, QUIET) == [2] * 20


def test_many_rows_and_few_are_compared_by_what_they_cost(world):
    for rows in (1, 256, 1, 32) * 100:
        used = world.steps(1, QUIET, rows)
    assert used == [2]


def test_of_many_cores_as_many_are_used_as_help(monkeypatch):
    world = World(monkeypatch, most=16)
    cost = {16: 3.0, 8: 2.0, 4: 1.0, 2: 1.3, 1: 2.0}
    used = world.steps(400, cost)
    assert used[100:].count(4) > 0.9 * 300


def test_a_step_that_fails_teaches_nothing_and_gives_the_threads_back():
    learner = Threads()
    learner.numbers = [2, 1]
    before = [each["num_threads"] for each in LIBRARY.info()]
    with pytest.raises(KeyboardInterrupt), learner.step(1):
        raise KeyboardInterrupt
    assert learner._costs == {}
    assert [each["num_threads"] for each in LIBRARY.info()] == before


@pytest.mark.parametrize("name", threads.SET_BY_THE_USER)
def test_whoever_sets_a_number_of_threads_is_obeyed(name, monkeypatch):
    for each in threads.SET_BY_THE_USER:
        monkeypatch.delenv(each, raising=False)
    assert Threads().numbers[-1] == 1
    monkeypatch.setenv(name, "2")
    assert Threads().numbers == []


def test_the_choice_reaches_the_library_and_the_logits_stay():
    """In a process of its own: this one's number of threads is set by the runner of tests."""
    code = """if True:
        import numpy as np
        from threadpoolctl import ThreadpoolController
        from tempsampling import SmolLM2
        from tempsampling.model.llama import Llama
        library = ThreadpoolController().select(user_api="blas")
        model = SmolLM2.load()
        text = "The capital of France is"
        seen, forward = [], Llama.forward
        def watch(*given):
            seen.append(library.info()[0]["num_threads"])
            return forward(*given)
        Llama.forward = watch
        most = library.info()[0]["num_threads"]
        found = [model.logits(text) for _ in range(5)]
        assert all(np.abs(each - found[0]).max() < 1e-3 for each in found)
        print(most, library.info()[0]["num_threads"], *seen)
    """
    free = {k: v for k, v in os.environ.items() if k not in threads.SET_BY_THE_USER}
    run = subprocess.run(
        [sys.executable, "-c", code], env=free, stdout=subprocess.PIPE, text=True, check=True
    )
    most, after, *seen = map(int, run.stdout.split())
    assert after == most
    assert set(seen) == ({most} if most == 1 else {most, most // 2})
