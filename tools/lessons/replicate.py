"""Run every verdict of the course again, 20 times, with fresh seeds and other prompts.

    make replicate                                           (all lessons)
    python3 tools/course.py replicate notebooks/04*.ipynb    (some lessons)
    python3 tools/course.py replicate --repetitions 3        (a first look)
    python3 tools/course.py replicate --readme               (only writes README's table)
    make replicate MODEL=larger.gguf                         (with another model)

Of a lesson's code those statements run on which its verdicts rest: a slider may change without a
repetition growing old. They run as they are committed, with three changes:

- Seeds. The generator of a seed differs from one repetition to the next. Within one it is the same:
  what shared its random numbers shares them still.
- Prompts. second_sets.json holds a second set of each lesson's prompts, questions and texts, of the
  same kind, written before the model had read it. In one repetition of three all of it stands in
  place of the lesson's own, in one nothing, and in one each prompt is drawn from the two sets.
- Nothing is displayed.

repetitions.json keeps what every verdict said. It is written after each repetition, and what it
holds is not run again: only lessons whose code or second set changed, and what has failed.

MODEL is a file for `SmolLM2.load`, or a folder or a name for `TransformersModel.load`;
"transformers:file.gguf" lets the latter read a file. All lessons but 14, whose curves are
SmolLM2's, run once with the second set of prompts, once with a mixture and once with their own.
What came out is printed beside the lessons' words, and kept in build/replicate, as a table, too.
"""

import argparse
import ast
import contextlib
import hashlib
import io
import json
import multiprocessing
import os
import re
import signal
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import matplotlib.pyplot as plt
import numpy as np
from links import between_marks
from tqdm import tqdm

import tempsampling

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("repetitions.json")
OTHERS = ROOT / "build" / "replicate"  # of other models
SECOND = json.loads(Path(__file__).with_name("second_sets.json").read_text(encoding="utf-8"))
REPETITIONS = 20
CHANCES = [0, 1, 0.5]  # that a prompt is of the second set: in repetitions 3, 1 and 2, and so on
SCOPES = (
    ast.FunctionDef
    | ast.ClassDef
    | ast.Lambda
    | ast.ListComp
    | ast.SetComp
    | ast.DictComp
    | ast.GeneratorExp
)
DISPLAYS = ["chat", "check", "explore", "play", "show", "tint"]
LOAD = tempsampling.SmolLM2.load  # another model takes its place
VERDICT = re.compile(r'Verdict "([^"\n]+)": (.+?)(?: \((.*?)\)|$)', flags=re.MULTILINE)
SETTINGS = {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg", "TQDM_DISABLE": "1"}


class Lesson(NamedTuple):
    """What of a lesson its repetitions need."""

    number: str
    cells: list  # of code, what its verdicts rest on: (id, source)
    claims: dict  # the word of each, as committed

    @property
    def groups(self):
        """What the second set puts in place of what; a group is put in as a whole.

        A list has several to take turns, where a lesson rests on a single prompt.
        """
        return SECOND["prompts"].get(self.number, [])

    @property
    def code(self):
        """A digest of all that a repetition rests on, but for the package and the model."""
        said = json.dumps([*map(unformatted, self.cells), self.groups, list(self.claims)])
        for name in re.findall(r"shipped_texts\(\W+(\w+)", said):
            said += json.dumps(SECOND["texts"][name])
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def unformatted(cell):
    """A cell without what a formatter may change: a digest lasts when lines are broken anew."""
    name, source = cell
    return [name, re.sub(r"\s|,(?=\s*[)\]}])", "", source)]


def main():
    parser = argparse.ArgumentParser(prog="replicate", description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--repetitions", type=int)
    parser.add_argument(
        "--model", help="another model than SmolLM2: a .gguf file, a folder, a name"
    )
    parser.add_argument("--readme", action="store_true", help="only write README's table")
    given = parser.parse_args()
    if given.readme:
        return write_readme()
    os.environ.update(SETTINGS)  # processes that are spawned read it as they start
    lessons = [read_lesson(path) for path in given.notebooks or all_notebooks()]
    lessons = [lesson for lesson in lessons if lesson.claims]
    if given.model:
        return replicate_with(given.model, lessons, given.repetitions or len(CHANCES))
    results = run(lessons, given.repetitions or REPETITIONS)
    print(report(lessons, results))
    sys.exit(any(result["errors"] for result in results.values()))


def replicate_with(model, lessons, repetitions):
    """Run the verdicts with another model; what fails there is told and stops nothing."""
    other_model(model)  # what cannot be read fails here
    lessons = [lesson for lesson in lessons if "capstone" not in str(lesson.cells)]
    OTHERS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", model).strip("-")
    results = run(lessons, repetitions, OTHERS / f"{name}.json", model)
    print(report(lessons, results))
    (OTHERS / f"{name}.md").write_text(table(results), encoding="utf-8")
    print(f"The table: {OTHERS / name}.md")


def all_notebooks():
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def read_lesson(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    said = [verdicts("".join(map(shown, cell["outputs"]))) for cell in code]
    claims = {claim: word for found in said for claim, (word, _) in found.items()}
    sources = [(cell["id"], "".join(cell["source"])) for cell in code]
    return Lesson(path.name[:2], what_verdicts_rest_on(sources), claims)


def shown(output):
    return "".join(output.get("text", ""))


def verdicts(text):
    """The word and the figure of every claim in what was printed."""
    return {claim: (word.strip(), figure) for claim, word, figure in VERDICT.findall(text)}


# What verdicts rest on


def what_verdicts_rest_on(cells):
    """The cells that print a verdict, the statements that set or change what they read, and so on.

    Names stand for what they hold, wherever they are set: rather too much is kept than too little.
    """
    statements = [(cell, source, node) for cell, source in cells for node in ast.parse(source).body]
    imports = [node for *_, node in statements if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = {name for node in imports for name in names(node)[1]}
    printing = {cell for cell, source in cells if 'Verdict "' in source}
    changes = [changed_by(node, imported) for *_, node in statements]
    needed, kept, grown = set(), set(), True
    while grown:
        new = {
            i
            for i, (cell, *_) in enumerate(statements)
            if i not in kept and (cell in printing or changes[i] & needed)
        }
        needed |= {name for i in new for name in names(statements[i][2])[0]}
        kept, grown = kept | new, bool(new)
    parts = {cell: [] for cell, _ in cells}
    for i in sorted(kept):
        cell, source, node = statements[i]
        first = min([node, *getattr(node, "decorator_list", [])], key=lambda each: each.lineno)
        parts[cell].append("\n".join(source.splitlines()[first.lineno - 1 : node.end_lineno]))
    return [(cell, "\n".join(part)) for cell, part in parts.items() if part]


def changed_by(statement, imported):
    """The names that a statement sets, and those of what it may change."""
    changed = set(names(statement)[1])
    for node in ast.walk(statement):
        stored = isinstance(getattr(node, "ctx", None), ast.Store)
        called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if stored or (called and not is_display(node.value)):
            found = names(node)[0]
            changed |= (found - imported) or found  # plt.style.use changes plt
    return changed


def is_display(call):
    return ast.unparse(call.func).startswith(("print", *DISPLAYS))


def names(node):
    """The names of the notebook that code reads, and those that it sets."""
    read, made = set(), set()
    for child in ast.iter_child_nodes(node):
        for kept, found in zip((read, made), names(child), strict=True):
            kept |= found
    if isinstance(node, ast.Name):
        (read if isinstance(node.ctx, ast.Load) else made).add(node.id)
    elif isinstance(node, ast.arg):
        made.add(node.arg)
    elif isinstance(node, ast.alias):
        made.add(node.asname or node.name)
    elif isinstance(node, ast.AugAssign):
        read |= made
    elif isinstance(node, SCOPES):
        read, made = read - made, {getattr(node, "name", "")} - {""}
    return read, made


# One repetition


def repeat(lesson, repetition, model=None):
    """Run a lesson once more: the word and the figure of each claim, and what went wrong."""
    replace, names, printed = Replace(lesson, repetition), {"__name__": "__main__"}, io.StringIO()
    with patched(repetition, model), contextlib.redirect_stdout(printed):
        for cell, source in lesson.cells:
            code = compile(replace.visit(ast.parse(source)), f"{lesson.number} {cell}", "exec")
            try:
                exec(code, names)
            except Exception as error:
                problem = f"cell {cell}: {type(error).__name__}: {error}"
                return verdicts(printed.getvalue()), problem
            finally:
                plt.close("all")  # as in a notebook, after every cell
    found = verdicts(printed.getvalue())
    lost = [f"no verdict on {claim!r}" for claim in lesson.claims if claim not in found]
    new = [f"a verdict on {claim!r}" for claim in found if claim not in lesson.claims]
    return found, "; ".join(lost + new)


def from_second(count, repetition):
    """Which of so many prompts a repetition takes from the second set."""
    rng = np.random.Generator(np.random.PCG64(repetition))  # not default_rng, which is patched
    return rng.random(count) < CHANCES[repetition % 3]


class Replace(ast.NodeTransformer):
    """Put prompts of the second set in place of a lesson's own."""

    def __init__(self, lesson, repetition):
        self.new, self.repetition = {}, repetition
        chosen = from_second(len(lesson.groups), repetition)
        for group, taken in zip(lesson.groups, chosen, strict=True):
            self.new |= group if taken else {}

    def visit_Constant(self, node):
        if not (isinstance(node.value, str) and node.value in self.new):
            return node
        new = self.new[node.value]
        if isinstance(new, list):
            new = new[self.repetition % len(new)]
        return ast.copy_location(ast.Constant(new), node)


@contextlib.contextmanager
def patched(repetition, model=None):
    """Change what lessons draw and read, perhaps the model, and let them display nothing."""
    doors = [
        (np.random, "default_rng", fresh(np.random.default_rng, repetition)),
        (tempsampling, "shipped_texts", other_texts(tempsampling.shipped_texts, repetition)),
        (tempsampling.capstone, "curve", other_curves(tempsampling.capstone.curve, repetition)),
        *((tempsampling, name, lambda *args, **kwargs: None) for name in DISPLAYS),
    ]
    if model:
        doors.append((tempsampling.SmolLM2, "load", partial(other_model, model)))
    with contextlib.ExitStack() as stack:
        stack.enter_context(plt.rc_context())
        for door in doors:
            stack.enter_context(mock.patch.object(*door))
        yield


@lru_cache(maxsize=1)
def other_model(name):
    """Load the model that takes SmolLM2's place."""
    if name.endswith(".gguf") and not name.startswith("transformers:"):
        return LOAD(name)
    name = name.removeprefix("transformers:")
    if name.endswith(".gguf"):
        folder, file = os.path.split(os.path.abspath(name))
        return tempsampling.TransformersModel.load(folder, gguf_file=file)
    return tempsampling.TransformersModel.load(name)


def fresh(default_rng, repetition):
    def seeded(seed=None):
        whole = isinstance(seed, int | np.integer)
        return default_rng([seed, repetition] if whole else seed)

    return seeded


def other_texts(shipped_texts, repetition):
    def texts(name):
        own, second = shipped_texts(name), SECOND["texts"][name]["texts"]
        chosen = from_second(len(own), repetition)
        return [b if taken else a for a, b, taken in zip(own, second, chosen, strict=True)]

    return texts


def other_curves(curve, repetition):
    """The capstone's second set: its held-out prompts, of which the curves are shipped, too."""

    def curves(baseline, prompts="practice"):
        own, second = curve(baseline, prompts), curve(baseline, "held-out")
        return np.where(from_second(own.shape[1], repetition)[:, None], second, own)

    return curves


# All of them


def run(lessons, repetitions, path=None, model=None):
    """Run what is not there yet, two repetitions side by side; return the lessons' results."""
    path = path or RESULTS
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for lesson in lessons:
        if results.get(lesson.number, {}).get("code") != lesson.code:
            rows = {claim: {"words": [], "figures": []} for claim in lesson.claims}
            results[lesson.number] = {"code": lesson.code, "errors": {}, "claims": rows}
    # First all lessons once, then all of them again: an early look sees them all.
    missing = [
        (lesson, repetition)
        for repetition in range(1, repetitions + 1)
        for lesson in lessons
        if not is_there(results[lesson.number], repetition)
    ]
    spawn, dies = multiprocessing.get_context("spawn"), (signal.SIGINT, signal.SIG_DFL)
    with ProcessPoolExecutor(2, spawn, signal.signal, dies) as pool:
        jobs = {pool.submit(repeat, *task, model): task for task in missing}
        try:
            for job in tqdm(as_completed(jobs), "Repetitions", len(jobs), smoothing=0):
                lesson, repetition = jobs[job]
                found, problem = job.result()
                note(results[lesson.number], repetition, found, problem)
                write(results, path)
                if problem:
                    tqdm.write(f"lesson {lesson.number}, repetition {repetition}: {problem}")
        except BaseException:  # Ctrl-C too, at which the two die
            pool.shutdown(cancel_futures=True)
            raise
    return {lesson.number: results[lesson.number] for lesson in lessons}


def is_there(result, repetition):
    rows = [row["words"] for row in result["claims"].values()]
    ran = all(len(words) >= repetition and words[repetition - 1] for words in rows)
    return ran and str(repetition) not in result["errors"]


def note(result, repetition, found, problem):
    """Enter what a repetition said; null where it said nothing."""
    for claim, row in result["claims"].items():
        for kept, said in zip(row.values(), found.get(claim, (None, None)), strict=True):
            kept += [None] * (repetition - len(kept))
            kept[repetition - 1] = said
    result["errors"].pop(str(repetition), None)
    if problem:
        result["errors"][str(repetition)] = problem


def write(results, path):
    """Write the results whole, or not at all."""
    new = path.with_suffix(".new")
    new.write_text(lines(dict(sorted(results.items()))) + "\n", encoding="utf-8")
    os.replace(new, path)


def lines(value, indent=""):
    """JSON with a line for each list and each short thing."""
    if not (isinstance(value, dict) and value):
        return json.dumps(value, ensure_ascii=False)
    deeper = indent + " "
    rows = [
        f"{deeper}{json.dumps(key, ensure_ascii=False)}: {lines(each, deeper)}"
        for key, each in value.items()
    ]
    return "{\n" + ",\n".join(rows) + f"\n{indent}}}"


# What came out


def report(lessons, results):
    """For each claim how often its word came again; then those that need another."""
    said, changed = [], []
    for lesson in lessons:
        for claim, word in lesson.claims.items():
            words = results[lesson.number]["claims"][claim]["words"]
            count = f"{words.count(word)} of {len(words)}"
            said.append(f"{lesson.number}  {claim:60}  {word:20}  {count}")
            if words.count(word) < len(words) - 2:
                found = ", ".join(f"{each} {n}" for each, n in Counter(words).most_common())
                changed.append(f"{lesson.number}  {claim}: {found}, and the lesson says {word}")
    failed = sum(len(results[lesson.number]["errors"]) for lesson in lessons)
    said += ["", "Changed in more than two repetitions:", *(changed or ["none"]), ""]
    return "\n".join([*said, f"{failed} repetitions failed"])


def table(results):
    """The table of README: of each claim the word that came most often."""
    rows = ["", "| lesson | claim | word | repetitions |", "|---|---|---|---|"]
    for number, result in sorted(results.items()):
        for claim, row in result["claims"].items():
            ((word, count),) = Counter(row["words"]).most_common(1)
            word = word or "not said"
            rows.append(f"| {int(number)} | {claim} | {word} | {count} of {len(row['words'])} |")
    return "\n".join([*rows, "", ""])


def write_readme():
    page, results = ROOT / "README.md", json.loads(RESULTS.read_text(encoding="utf-8"))
    text = between_marks(page.read_text(encoding="utf-8"), "repetitions", table(results))
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped. What was run is kept: the same command goes on.")
