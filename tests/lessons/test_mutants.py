"""No wrong answer passes a check, and no diagnosis names a mistake that was not made.

Wrong answers are made from the solutions: each constant changed, operator exchanged, argument
ignored, line and keyword dropped. One that differs from the solution for some valid arguments must
be rejected; a mistake that is named must be made for all of them.
"""

import ast
import copy
import inspect

import numpy as np
import pytest

from tempsampling.lessons import solutions
from tempsampling.lessons.calls import TooLongError, call
from tempsampling.lessons.check import diagnosis, same
from tempsampling.lessons.exercises import EXERCISES

COMPARED = [name for name, exercise in EXERCISES.items() if exercise.draw]
EXCHANGED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def mutants(name):
    """What can go wrong in a solution, each with the function that comes of it."""
    exercise = EXERCISES[name]
    tree = ast.parse(inspect.getsource(exercise.solution))
    for i, node in enumerate(ast.walk(tree)):
        for what, change in changes(node):
            copied = copy.deepcopy(tree)
            change(list(ast.walk(copied))[i])
            yield f"line {getattr(node, 'lineno', 0)}, {what}", built(copied, name)
    first = (exercise.arguments or [exercise.draw(np.random.default_rng(9))])[0]
    for argument, value in first.items():
        copied = copy.deepcopy(tree)
        copied.body[0].body.insert(0, ast.parse(f"{argument} = _given").body[0])
        yield f"{argument} ignored", built(copied, name, value)


def changes(node):
    """The ways to spoil one node of a solution."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        for new in {node.value + 1, node.value - 1, 0, 2 * node.value} - {node.value}:
            yield f"{node.value} becomes {new}", lambda n, new=new: setattr(n, "value", new)
    for field in ("op", "ops"):
        operator = getattr(node, field, None)
        operator = operator[0] if isinstance(operator, list) else operator
        if type(operator) in EXCHANGED:
            new = EXCHANGED[type(operator)]()
            put = [new] if field == "ops" else new
            yield f"{type(operator).__name__}", lambda n, f=field, put=put: setattr(n, f, put)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "minus dropped", lambda n: setattr(n, "op", ast.UAdd())
    if isinstance(node, ast.Call) and node.keywords:
        yield "keyword dropped", lambda n: n.keywords.pop()
    for field in ("body", "orelse"):
        lines = getattr(node, field, None)
        for j in range(len(lines) if isinstance(lines, list) else 0):
            yield f"line {j} of it dropped", lambda n, f=field, j=j: drop(getattr(n, f), j)


def drop(lines, j):
    lines[j] = ast.copy_location(ast.Pass(), lines[j])


def built(tree, name, given=None):
    names = vars(solutions) | {"_given": copy.deepcopy(given)}
    exec(compile(ast.fix_missing_locations(tree), "a mutant", "exec"), names)
    return names[name]


def results(function, trials):
    """What a function returns for each of many arguments; None where it fails."""
    found = []
    for arguments in trials:
        try:
            result = call(function, copy.deepcopy(arguments), most=20_000)
            found.append(None if result is None else np.asarray(result, dtype=float))
        except (Exception, TooLongError):
            found.append(None)
    return found


def alike(a, b):
    return (a is None and b is None) or (a is not None and b is not None and bool(same(a, b)))


READ_MUCH = {"hottest", "good_enough"}  # what they are given takes a model, or NumPy, seconds
OFTEN = [
    pytest.param(name, marks=[pytest.mark.rare] if name in READ_MUCH else []) for name in COMPARED
]


@pytest.mark.parametrize("name", OFTEN)
def test_no_mutant_of_the_solution_passes(name):
    exercise = EXERCISES[name]
    rng = np.random.default_rng(seed=7)
    trials = [*exercise.arguments, *(exercise.draw(rng) for _ in range(200))]
    right = results(exercise.solution, trials)
    assert not any(each is None for each in right)
    wrong = 0
    for what, mutant in mutants(name):
        found = results(mutant, trials)
        same_as_right = all(map(alike, found, right))
        sentence, _ = diagnosis(mutant)
        wrong += not same_as_right
        assert same_as_right or not sentence.startswith("Correct."), what
        mistake = exercise.mistakes.get(sentence.removeprefix("Not yet: "))
        if mistake:
            assert all(map(alike, found, results(mistake, trials))), f"{what}: {sentence}"
    assert wrong > 3


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_is_tried_with_drawn_arguments_or_judged(name):
    assert EXERCISES[name].draw or EXERCISES[name].judge
