"""Changes of a script that may make it repeat: each is an edit of its text, which a trial has to try.

Edits are made at the places that Python's own parser gives, so all that they do not touch stays as it was written.
"""

import ast
import difflib
import itertools
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from repro.audits.causes.search import Pins
from repro.audits.comparison.trace import Trace, where
from repro.audits.comparison.values import Entry
from repro.audits.observer.format import LINE_BY_LINE, Birth, Draw, Seed, Site
from repro.audits.sources import SOURCES

SEED = 42
MAX_CANDIDATES = 4
# The lines that seed a global generator, and the module that each needs.
SEEDING = {
    "python": ("random", "{}.seed(42)"),
    "numpy": ("numpy", "{}.random.seed(42)"),
    "tensorflow": ("tensorflow", "{}.random.set_seed(42)"),
    "torch": ("torch", "{}.manual_seed(42)"),
    "arithmetic": ("tensorflow", "{}.config.experimental.enable_op_determinism()"),
}
USUAL = {"numpy": "np", "tensorflow": "tf"}  # names under which modules are imported
MAKERS = ("default_rng", "RandomState", "Random", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
LISTINGS = ("listdir", "scandir", "glob", "iglob", "rglob", "iterdir")
WALKERS = ("list", "tuple", "enumerate", "array", "iter", "map", "join", "fromkeys", "zip")
NO_SEED = {
    "system": "`os.urandom`, `uuid4` and `secrets` take no seed: draw from a seeded generator instead",
    "files": "what the last run left has to be deleted before the script starts",
    "order": "what runs at the same time comes in any order: let one worker do it",
    "hash": "`hash()` of a text differs in each process: start Python with `PYTHONHASHSEED=0`",
}
SQL = re.compile(r"\b(?:RANDOM|RAND)\s*\(\s*\)", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Edit:
    """In a file, by its path relative to the folder, the bytes from `start` to `end`, as (line from 1, column in bytes
    from 0), become `text`."""

    file: str
    start: tuple[int, int]
    end: tuple[int, int]
    text: str


@dataclass(frozen=True)
class Change:
    """One part of a change, as a person would say it: the lines `code` are written before `line` of a file, or in place
    of it and the lines after it, as many as there are, up to `last`; or `moved` is the line where they stood before."""

    file: str
    line: int
    code: str
    last: int | None = None
    moved: int | None = None


@dataclass(frozen=True)
class Candidate:
    """A change that may cure: what it does, in a few words, and its edits."""

    kind: str
    edits: tuple[Edit, ...]


@dataclass
class Sources:
    """The texts of a script's files, by their paths relative to its folder: read once, as they are."""

    read: Callable[[str], bytes]
    main: str
    _texts: dict[str, str] = field(default_factory=dict)
    _trees: dict[str, ast.Module | None] = field(default_factory=dict)

    def text(self, file: str) -> str:
        if file not in self._texts:
            self._texts[file] = self.read(file).decode("utf-8")
        return self._texts[file]

    def tree(self, file: str) -> ast.Module | None:
        """What Python makes of a file; None if it cannot be read, or is in another encoding than UTF-8."""
        if file not in self._trees:
            try:
                self._trees[file] = ast.parse(self.text(file))
            except (OSError, ValueError, SyntaxError):
                self._trees[file] = None
        return self._trees[file]

    def edited(self, edits: Sequence[Edit]) -> dict[str, str]:
        """The new text of each file that is edited."""
        return {
            file: edited(self.text(file), [edit for edit in edits if edit.file == file])
            for file in dict.fromkeys(edit.file for edit in edits)
        }

    def changes(self, edits: Sequence[Edit]) -> list[Change]:
        """What is to be written, and where, by the lines of the texts as they are."""
        return [one for file, new in self.edited(edits).items() for one in changes(file, self.text(file), new)]

    def before(self, edits: Sequence[Edit]) -> dict[tuple[str, int], int]:
        """Of each file that is edited, the line that each of its lines was before; 0 for a new one."""
        found = {}
        for file, new in self.edited(edits).items():
            old, lines = self.text(file).splitlines(), new.splitlines()
            matched = difflib.SequenceMatcher(None, old, lines, autojunk=False)
            for kind, begin, end, first, last in matched.get_opcodes():
                for line in range(first, last):
                    found[file, line + 1] = 0 if kind == "insert" else min(begin + line - first, end - 1) + 1
        return found

    def diff(self, edits: Sequence[Edit]) -> str:
        """The change as a unified diff, as `git apply` takes it in the script's folder."""
        return "".join(diff(file, self.text(file), new) for file, new in self.edited(edits).items())


def edited(text: str, edits: Sequence[Edit]) -> str:
    """A text with edits in it, of which none overlap."""
    data = text.encode()
    begins = [0]
    for line in data.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))

    def at(place: tuple[int, int]) -> int:
        return begins[min(place[0] - 1, len(begins) - 1)] + place[1]

    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        data = data[: at(edit.start)] + edit.text.encode() + data[at(edit.end) :]
    return data.decode()


def changes(file: str, old: str, new: str) -> list[Change]:
    """What makes a new text of an old one, part by part."""
    before, after = old.splitlines(), new.splitlines()
    parts = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    gone = {"\n".join(before[a:b]): a + 1 for kind, a, b, _, _ in parts if kind == "delete"}
    found = []
    for kind, begin, end, first, last in parts:
        code = textwrap.dedent("\n".join(after[first:last])).strip("\n")
        if kind == "insert" and code:
            begin += next((n for n, line in enumerate(before[begin:]) if line.strip()), 0)
            found.append(Change(file, begin + 1, code, moved=gone.get(code)))
        elif kind == "replace":
            found.append(Change(file, begin + 1, code, last=end))
    return found


def diff(file: str, old: str, new: str) -> str:
    """The unified diff of a file."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{file}", f"b/{file}", n=3
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def candidates(
    sources: Sources, sufficient: Pins | None, a: Trace, b: Trace, entry: Entry | None, lines: Pins | None
) -> list[Candidate]:
    """Changes that may make a script repeat, the likeliest first: where several sources are the cause together, one
    change with an edit for each. `lines`: of those that take entropy the ones that matter, as `file:line`."""
    if not sufficient:
        if entry is None or why_not(sources, None, entry) is not None:
            return []
        return _of_an_entry(sources, entry)[:MAX_CANDIDATES]
    global_ones = [name for name in SOURCES if name in sufficient and name in SEEDING]
    parts: list[list[Candidate]] = []
    if global_ones:
        taken = _of_what_takes_a_seed(sources, a, frozenset(global_ones), lines)
        parts.append([*_of_global(sources, global_ones, a), *taken])
    if "generators" in sufficient:
        taken = _of_what_takes_a_seed(sources, a, frozenset(["generators"]), lines)
        parts.append([*_of_makers(sources, a, lines), *taken])
    if "tf-generators" in sufficient:
        parts.append(_of_tf_generators(sources, a))
    if "clock" in sufficient:
        parts.append(_of_clock(sources, a, b, SEED + ("generators" in sufficient)))
    if sufficient & {"hash", "addresses", "files"}:
        parts.append(_of_an_entry(sources, entry, ordered=True) if entry is not None else [])
    if sufficient & {"system", "order"} or not parts or not all(parts):
        return []
    found = []
    for number in range(max(map(len, parts))):
        chosen = [part[min(number, len(part) - 1)] for part in parts]
        edits = tuple(sorted({edit for one in chosen for edit in one.edits}))
        found.append(Candidate(", ".join(dict.fromkeys(one.kind for one in chosen)), edits))
    return found[:MAX_CANDIDATES]


def begins(sources: Sources, first: int | None) -> int | None:
    """The line of the script before which a seeding line runs once, and before all that draws from line `first` on."""
    tree = sources.tree(sources.main)
    return None if tree is None else _begin(tree, first)


def makes_a_generator(sources: Sources, file: str, line: int) -> bool:
    """Whether a line makes a generator itself, rather than a library that it calls."""
    site = Site(file=file, line=line, function="", code="")
    return any(_name(call) in MAKERS for call in _calls(sources, site))


def why_not(sources: Sources, sufficient: Pins | None, entry: Entry | None) -> str | None:
    """Why no change of the script is offered, in a sentence, if that is known."""
    for name in SOURCES:
        if name in (sufficient or ()) and name in NO_SEED:
            return NO_SEED[name]
    if entry is not None:
        code = "\n".join(_statement_text(sources, entry.site))
        if SQL.search(code) or any(SQL.search(one) for one in _texts_named(sources, entry.site)):
            return "the random numbers of SQL take no seed: choose rows in Python with a seeded generator"
    return None


# Places in a file


def _top(tree: ast.Module, line: int) -> ast.stmt | None:
    """The statement of a module that a line belongs to."""
    return next((one for one in tree.body if _first_line(one) <= line <= (one.end_lineno or one.lineno)), None)


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])


def _statements(tree: ast.AST, line: int) -> ast.stmt | None:
    """The innermost statement that a line belongs to, of one with a body its head alone."""
    found: ast.stmt | None = None
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            body = getattr(node, "body", None)
            if found is None or node.lineno >= found.lineno:
                found = node if not body or line < body[0].lineno or not isinstance(body, list) else found
    return found


def _calls(sources: Sources, site: Site) -> Iterator[ast.Call]:
    """The calls in a statement, the outermost first."""
    tree = sources.tree(site.file)
    statement = None if tree is None else _statements(tree, site.line)
    if statement is not None:
        for node in _head(statement):
            if isinstance(node, ast.Call):
                yield node


def _head(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement, without those of a block in it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop(0)
        yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _statement_text(sources: Sources, site: Site) -> list[str]:
    tree = sources.tree(site.file)
    statement = None if tree is None else _statements(tree, site.line)
    if statement is None:
        return []
    return sources.text(site.file).splitlines()[statement.lineno - 1 : statement.end_lineno]


def _texts_named(sources: Sources, site: Site) -> list[str]:
    """The texts that names in a statement were given elsewhere in the file, such as a query."""
    tree = sources.tree(site.file)
    statement = None if tree is None else _statements(tree, site.line)
    if tree is None or statement is None:
        return []
    names = {node.id for node in _head(statement) if isinstance(node, ast.Name)}
    return [
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and any(isinstance(target, ast.Name) and target.id in names for target in node.targets)
    ]


def _around(file: str, node: ast.expr, before: str, after: str) -> tuple[Edit, Edit]:
    begin, end = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
    return Edit(file, begin, begin, before), Edit(file, end, end, after)


def _instead(file: str, node: ast.expr, text: str) -> Edit:
    return Edit(file, (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0), text)


def _with_argument(file: str, call: ast.Call, text: str) -> Edit:
    """An argument more at the end of a call."""
    line, column = call.end_lineno or 0, (call.end_col_offset or 1) - 1
    last = max(
        [*call.args, *(keyword.value for keyword in call.keywords)],
        key=lambda one: (one.end_lineno or 0, one.end_col_offset or 0),
        default=None,
    )
    if last is None:
        return Edit(file, (line, column), (line, column), text)
    place = last.end_lineno or 0, last.end_col_offset or 0
    return Edit(file, place, place, f", {text}")


def _seeded(file: str, call: ast.Call, seed: int) -> Edit:
    """A call with a fixed seed: as its first argument, in place of the one that it has."""
    given = next((one.value for one in call.keywords if one.arg in ("seed", "entropy", "x", "a")), None)
    given = given or (call.args[0] if call.args else None)
    return _with_argument(file, call, str(seed)) if given is None else _instead(file, given, str(seed))


# The kinds of changes


def _of_global(sources: Sources, names: Sequence[str], trace: Trace) -> list[Candidate]:
    """Seeding lines: one that comes too late moved, a call without a value given one, or new ones."""
    tree = sources.tree(sources.main)
    if tree is None:
        return []
    drew = [
        draw
        for draw in trace.of_main(Draw)
        if draw.source in names and draw.site is not None and not draw.seeded and not draw.importing
    ]
    first = min((one.site.line for one in drew if one.site is not None and one.site.file == sources.main), default=None)
    found = []
    births = [
        one.site
        for one in trace.of_main(Birth)
        if one.source in names and one.generator is None and one.site is not None
    ]
    reseeded = [
        _seeded(site.file, call, SEED)
        for site in dict.fromkeys(births)
        for call in _calls(sources, site)
        if _name(call) == "seed" and not call.args
    ]
    late = [
        one.site
        for one in trace.of_main(Seed)
        if one.source in names and one.level == "global" and one.site is not None and one.derived is None
    ]
    if reseeded:
        found.append(Candidate("a seed given to a call", tuple(reseeded)))
    if late and drew and first is not None and drew[0].n < min(s.n for s in trace.of_main(Seed) if s.source in names):
        moved = _moved(sources, tree, late[0], first)
        if moved is not None:
            found.append(Candidate("a seeding line moved", moved))
    lines = _seeding_lines(tree, names)
    for place in dict.fromkeys((_begin(tree, first), _begin(tree, 0))):
        end = _newline(sources.text(sources.main))
        text = "".join(f"{line}{end}" for line in lines(place))
        if any(_first_line(one) == place and isinstance(one, ast.FunctionDef | ast.ClassDef) for one in tree.body):
            text += 2 * end
        inserted = Edit(sources.main, (place, 0), (place, 0), text)
        found.append(Candidate("a seeding line added", (inserted, *reseeded)))
    return found


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _begin(tree: ast.Module, first: int | None) -> int:
    """The line before which a seeding line comes: after the imports at the top, and before the statement that draws
    first; 0 for `first`: before all imports."""
    for statement in tree.body:
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        is_import = isinstance(statement, ast.Import | ast.ImportFrom) and first != 0
        reached = first is not None and first and first <= (statement.end_lineno or statement.lineno)
        if reached or not (is_text or is_future or is_import):
            return _first_line(statement)
    return (tree.body[-1].end_lineno or 0) + 1 if tree.body else 1


def _seeding_lines(tree: ast.Module, names: Sequence[str]) -> Callable[[int], list[str]]:
    """The lines that seed some sources, with the imports that they need where they are to stand."""

    def lines(place: int) -> list[str]:
        known: dict[str, str] = {}
        for statement in tree.body:
            if isinstance(statement, ast.Import) and statement.lineno < place:
                known |= {one.name: one.asname or one.name for one in statement.names}
        several = [name for name in names if name != "arithmetic"]
        made, imports = [], []
        if len(several) > 1 and "keras" in known:
            made.append(f"{known['keras']}.utils.set_random_seed({SEED})")
        else:
            for name in names:
                module, line = SEEDING[name]
                if module not in known:
                    known[module] = USUAL.get(module, module)
                    usual = f" as {known[module]}" if known[module] != module else ""
                    imports.append(f"import {module}{usual}")
                made.append(line.format(known[module]))
            return [*imports, *made]
        if "arithmetic" in names and "tensorflow" in known:
            made.append(SEEDING["arithmetic"][1].format(known["tensorflow"]))
        return made

    return lines


def _moved(sources: Sources, tree: ast.Module, late: Site, first: int) -> tuple[Edit, ...] | None:
    """A seeding line moved to before the statement that draws first."""
    if late.file != sources.main:
        return None
    statement = _top(tree, late.line)
    drawing = _top(tree, first)
    if statement is None or drawing is None or not isinstance(statement, ast.Expr) or statement is drawing:
        return None
    begin, end = statement.lineno, statement.end_lineno or statement.lineno
    lines = sources.text(late.file).splitlines(keepends=True)
    text = "".join(lines[begin - 1 : end])
    if not text.endswith(("\n", "\r")):
        text += _newline(sources.text(late.file))
    return (
        Edit(late.file, (_first_line(drawing), 0), (_first_line(drawing), 0), text),
        Edit(late.file, (begin, 0), (end + 1, 0), ""),
    )


def _of_makers(sources: Sources, trace: Trace, lines: Pins | None) -> list[Candidate]:
    """A seed for each generator that was made without one: where a line has made several, one is made before them."""
    births = [one for one in trace.all(Birth) if one.source == "generators" and one.site is not None]
    times = Counter(where(one.site) for one in births for _ in range(one.count))
    edits: list[Edit] = []
    seeds = itertools.count(SEED)  # each its own: with one, all would give the same numbers
    for site in dict.fromkeys(one.site for one in births if one.site is not None):
        if lines is not None and f"{site.file}:{site.line}" not in lines:
            continue
        for call in _calls(sources, site):
            if _name(call) in MAKERS and not (call.args and not _is_none(call.args[0])):
                seed = next(seeds)
                once = _made_once(sources, site, call, seed, edits) if times[where(site)] > 1 else None
                edits += once or [_seeded(site.file, call, seed)]
    return [Candidate("a seed given to a generator", tuple(edits))] if edits else []


def _made_once(sources: Sources, site: Site, call: ast.Call, seed: int, others: Sequence[Edit]) -> list[Edit] | None:
    """A generator that a function or a loop makes anew each time, made once, before the statement of the module that
    this belongs to: with a seed where it stands, each would give the same numbers."""
    tree = sources.tree(site.file)
    statement = None if tree is None else _top(tree, site.line)
    function = ast.unparse(call.func)
    if tree is None or statement is None:
        return None
    imported = {
        one.asname or one.name.partition(".")[0]
        for before in tree.body
        if isinstance(before, ast.Import | ast.ImportFrom) and before.lineno < statement.lineno
        for one in before.names
    }
    if function.partition(".")[0] not in imported:
        return None
    taken = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
        node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)
    }
    taken |= {one.text for one in others}  # the names of those that were made before
    names = itertools.chain(("rng",), (f"rng_{number}" for number in itertools.count(2)))
    name = next(name for name in names if name not in taken)
    place, end = (_first_line(statement), 0), _newline(sources.text(site.file))
    blank = 2 * end if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) else ""
    made = Edit(site.file, place, place, f"{name} = {function}({seed}){end}{blank}")
    return [made, _instead(site.file, call, name)]


def _of_what_takes_a_seed(sources: Sources, trace: Trace, names: Pins, lines: Pins | None) -> list[Candidate]:
    """A seed for what a library makes or calls, by the name that its own signature gives the argument."""
    edits: dict[Edit, None] = {}
    drew: list[Birth | Draw] = [*trace.all(Birth), *trace.all(Draw)]
    for one in drew:
        if one.source not in names or not one.takes or one.site is None or (isinstance(one, Draw) and one.seeded):
            continue
        if lines is not None and one.source in LINE_BY_LINE and f"{one.site.file}:{one.site.line}" not in lines:
            continue
        edits |= dict.fromkeys(_with_its_seed(sources, one.site, one.takes))
    return [Candidate("a seed argument added to a call", tuple(edits))] if edits else []


def _with_its_seed(sources: Sources, site: Site, takes: Sequence[str]) -> list[Edit]:
    how, name, argument = takes
    tree = sources.tree(site.file)
    if tree is None:
        return []
    if how == "method":
        statement = _top(tree, site.line)
        for call in _calls(sources, site):
            # Of several calls the one whose object can be named before the statement.
            if isinstance(call.func, ast.Attribute) and statement is not None and not _is_bound_in(call, statement):
                text = f"{ast.unparse(call.func.value)}.{argument}({SEED}){_newline(sources.text(site.file))}"
                place = (_first_line(statement), 0)
                return [Edit(site.file, place, place, text)]
        return []
    calls = _calls(sources, site) if how == "argument" else (one for one in ast.walk(tree) if isinstance(one, ast.Call))
    named = [one for one in calls if _name(one) == name]
    return [
        _with_argument(site.file, one, f"{argument}={SEED}")
        for one in (named[:1] if how == "argument" else named)
        if argument not in {keyword.arg for keyword in one.keywords}
    ]


def _is_bound_in(call: ast.Call, statement: ast.stmt) -> bool:
    """Whether a name that the object of a call is made of is given in the statement itself, or is an argument there."""
    assert isinstance(call.func, ast.Attribute)
    used = {node.id for node in ast.walk(call.func.value) if isinstance(node, ast.Name)}
    given = {
        node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    } | {node.arg for node in ast.walk(statement) if isinstance(node, ast.arg)}
    return not used or bool(used & given) or any(isinstance(node, ast.Call) for node in ast.walk(call.func.value))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _of_tf_generators(sources: Sources, trace: Trace) -> list[Candidate]:
    sites = [one.site for one in trace.all(Birth) if one.source == "tf-generators" and one.site is not None]
    edits: list[Edit] = []
    for site in dict.fromkeys(sites):
        for call in _calls(sources, site):
            if _name(call) == "from_non_deterministic_state" and isinstance(call.func, ast.Attribute):
                end = call.func.end_lineno or 0, call.func.end_col_offset or 0
                begin = end[0], end[1] - len("from_non_deterministic_state")
                edits.append(Edit(site.file, begin, end, "from_seed"))
                edits.append(_with_argument(site.file, call, str(SEED + len(edits) // 2)))
    return [Candidate("a seed given to a generator", tuple(edits))] if edits else []


def _of_clock(sources: Sources, a: Trace, b: Trace, value: int) -> list[Candidate]:
    """A fixed seed in place of one that had another value in each run."""
    given = {(where(seed.site), seed.source, seed.occurrence): seed.value for seed in b.all(Seed)}
    edits: dict[Edit, None] = {}
    for seed in a.all(Seed):
        key = (where(seed.site), seed.source, seed.occurrence)
        if seed.site is None or seed.derived is not None or given.get(key, seed.value) == seed.value:
            continue
        tails = {seed.what.rpartition(".")[2], (seed.library or "").rpartition(".")[2]}
        for call in _calls(sources, seed.site):
            if (_name(call) in tails or "seed" in _name(call).lower() or _name(call) in MAKERS) and (
                call.args or call.keywords
            ):
                edits[_seeded(seed.site.file, call, value)] = None
                break
    return [Candidate("a seed that does not come from the clock", tuple(edits))] if edits else []


def _of_an_entry(sources: Sources, entry: Entry, *, ordered: bool = False) -> list[Candidate]:
    """Changes of the statement in which a difference enters: what is walked sorted, and, unless it is an order that is
    at fault, a seed for what it calls."""
    file = entry.site.file
    tree = sources.tree(file)
    statement = None if tree is None else _statements(tree, entry.site.line)
    if statement is None:
        return []
    nodes = list(_head(statement))
    found = []
    for node in nodes:
        if isinstance(node, ast.Call) and _name(node) in LISTINGS:
            found.append(Candidate("sorted(…) around a listing", _around(file, node, "sorted(", ")")))
    for one in _walked(nodes):
        for end in (")", ", key=repr)"):
            found.append(Candidate("sorted(…) around a set", _around(file, one, "sorted(", end)))
    if ordered:
        return found
    for node in nodes:
        known = {one.arg for one in node.keywords} if isinstance(node, ast.Call) else {"seed"}
        if (
            isinstance(node, ast.Call)
            and not known & {"seed", "random_state"}
            and _name(node) not in (*WALKERS, "print")
        ):
            for name in ("seed", "random_state"):
                edits = (_with_argument(file, node, f"{name}={SEED}"),)
                found.append(Candidate("a seed argument added to a call", edits))
    return found


def _walked(nodes: Sequence[ast.AST]) -> list[ast.expr]:
    """The expressions in a statement that are sets, then those that are walked."""
    sets: list[ast.expr] = []
    others: list[ast.expr] = []
    for node in nodes:
        if isinstance(node, ast.Set | ast.SetComp) or (
            isinstance(node, ast.Call) and _name(node) in ("set", "frozenset")
        ):
            sets.insert(0, node)
        elif isinstance(node, ast.For | ast.comprehension) and not isinstance(node.iter, ast.Call):
            others.append(node.iter)
        elif isinstance(node, ast.Call) and _name(node) in WALKERS:
            others += [one for one in node.args if isinstance(one, ast.Name | ast.Attribute)][-1:]
    return list({id(one): one for one in (*sets, *others)}.values())


def of_cells(candidate: Candidate, sources: Sources, cells: Sequence[tuple[int, int]], notebook: str) -> str:
    """The diff of a notebook's cells, each under its number."""
    old, new = sources.text(sources.main), sources.edited(candidate.edits)[sources.main]
    shown = []
    for number in sorted({cell for cell, _ in cells}):
        at = [line for line, (cell, _) in enumerate(cells) if cell == number]
        inside = [edit for edit in candidate.edits if at[0] < edit.start[0] <= at[-1] + 1]
        if inside:
            before = "".join(old.splitlines(keepends=True)[at[0] : at[-1] + 1])
            moved = [
                replace(
                    edit,
                    start=(edit.start[0] - at[0], edit.start[1]),
                    end=(min(edit.end[0] - at[0], len(at) + 1), edit.end[1]),
                )
                for edit in inside
            ]
            shown.append(diff(f"{notebook}, cell {number}", before, edited(before, moved)))
    return "".join(shown) if shown else diff(notebook, old, new)


def reader(folder: Path, main: str, code: str | None) -> Sources:
    """The files of a script; `code` is that of a notebook."""
    return Sources(
        lambda file: code.encode() if code is not None and file == main else (folder / file).read_bytes(), main
    )
