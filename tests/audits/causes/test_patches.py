"""Changes of a script's text: each edit against the text that a person would write."""

import subprocess
import textwrap
from pathlib import Path

import pytest
from traces import birth, draw, process, seed, trace

from repro.audits.causes import patches
from repro.audits.causes.patches import Edit, Sources, candidates, edited, why_not
from repro.audits.comparison.values import Entry
from repro.audits.observer.format import Site


def sources(text: str) -> Sources:
    code = textwrap.dedent(text).lstrip()
    return Sources(lambda _: code.encode(), "train.py")


def entry(line: int) -> Entry:
    return Entry(Site(file="train.py", line=line, function="<module>", code=""), "x", "1", "2", 1)


def changed(text: str, *sufficient: str, at: int | None = None, **traces: object) -> list[str]:
    """The texts that the candidates make of a script."""
    held = sources(text)
    a, b = traces.get("a", trace()), traces.get("b", trace())
    found = candidates(held, frozenset(sufficient), a, b, None if at is None else entry(at), None)  # type: ignore[arg-type]
    return [held.edited(one.edits)["train.py"] for one in found]


def test_edits_keep_all_that_they_do_not_touch() -> None:
    text = "ä = f( 1 )  # ü\r\n\tb=2\r\n"
    assert edited(text, [Edit("x", (1, 8), (1, 9), "23"), Edit("x", (2, 1), (2, 1), "z")]) == (
        "ä = f( 23 )  # ü\r\n\tzb=2\r\n"
    )
    assert edited(text, []) == text


def test_a_seeding_line_after_the_imports_and_before_the_draw() -> None:
    drawn = trace(draw(5, "d", source="python", seeded=False))
    script = '"""Text."""\nfrom __future__ import annotations\nimport random\n\ny = random.random()\n'
    assert changed(script, "python", a=drawn)[0] == (
        '"""Text."""\nfrom __future__ import annotations\nimport random\n\nrandom.seed(42)\ny = random.random()\n'
    )


def test_the_import_that_a_seeding_line_needs_comes_with_it() -> None:
    drawn = trace(draw(3, "d", seeded=False))
    script = "import pandas as pd\n\nprint(pd.Series([1, 2]).sample())\n"
    assert changed(script, "numpy", a=drawn)[0] == (
        "import pandas as pd\n\nimport numpy as np\nnp.random.seed(42)\nprint(pd.Series([1, 2]).sample())\n"
    )


def test_one_line_of_keras_seeds_several() -> None:
    script = "import keras\nimport numpy as numbers\nmodel = keras.Sequential([])\n"
    assert changed(script, "python", "numpy")[0] == (
        "import keras\nimport numpy as numbers\nkeras.utils.set_random_seed(42)\nmodel = keras.Sequential([])\n"
    )
    assert "numbers.random.seed(42)\n" in changed(script, "numpy")[0]


def test_a_seeding_line_that_comes_too_late_is_moved() -> None:
    drawn = trace(draw(2, "d", source="python", seeded=False), seed(3, 1, "python"))
    script = "import random\nx = random.random()\nrandom.seed(1)  # late\nprint(x)\n"
    assert changed(script, "python", a=drawn)[0] == (
        "import random\nrandom.seed(1)  # late\nx = random.random()\nprint(x)\n"
    )


def test_generators_without_a_seed_get_each_its_own() -> None:
    made = trace(birth(2), birth(3))
    script = "from numpy.random import default_rng, RandomState\na = default_rng( )\nb = RandomState(None)\n"
    assert changed(script, "generators", a=made) == [
        "from numpy.random import default_rng, RandomState\na = default_rng( 42)\nb = RandomState(43)\n"
    ]


def test_a_seed_from_the_clock_is_replaced() -> None:
    script = "import random, time\nrandom.seed(int(time.time()))\nprint(random.random())\n"
    found = changed(script, "clock", a=trace(seed(2, 5, "python")), b=trace(seed(2, 6, "python")))
    assert found == ["import random, time\nrandom.seed(42)\nprint(random.random())\n"]


def test_several_causes_are_one_change() -> None:
    made = trace(birth(3), draw(4, "d", source="python", seeded=False))
    script = "import random\nimport numpy\nrng = numpy.random.default_rng()\nx = random.random()\n"
    assert changed(script, "python", "generators", a=made)[0] == (
        "import random\nimport numpy\nrandom.seed(42)\nrng = numpy.random.default_rng(42)\nx = random.random()\n"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("names = list(set(words))", "names = list(sorted(set(words)))"),
        ("names = {w for w in words}", "names = sorted({w for w in words})"),
        ("for name in names:\n    pass", "for name in sorted(names):\n    pass"),
        ("c = {k: n for n, k in enumerate(names)}", "c = {k: n for n, k in enumerate(sorted(names))}"),
        ("files = os.listdir(folder)", "files = sorted(os.listdir(folder))"),
        ("files = list(Path(folder).glob('*'))", "files = list(sorted(Path(folder).glob('*')))"),
    ],
)
def test_what_is_walked_is_sorted(line: str, expected: str) -> None:
    assert changed(f"{line}\n", "hash", at=1)[0] == f"{expected}\n"


def test_what_cannot_be_compared_is_sorted_by_its_text() -> None:
    assert "x = list(sorted(set(y), key=repr))\n" in changed("x = list(set(y))\n", "hash", at=1)


def test_a_seed_argument_where_a_library_draws_by_itself() -> None:
    found = changed("part = frame.sample(\n    10,\n)\n", at=1)
    assert found[0] == "part = frame.sample(\n    10, seed=42,\n)\n"
    assert found[1] == "part = frame.sample(\n    10, random_state=42,\n)\n"


def test_a_seeding_line_of_pytorch() -> None:
    script = "import torch\n\nmodel = torch.nn.Linear(4, 1)\n"
    drawn = trace(draw(3, "d", source="torch", seeded=False))
    assert (
        changed(script, "torch", a=drawn)[0] == "import torch\n\ntorch.manual_seed(42)\nmodel = torch.nn.Linear(4, 1)\n"
    )


def test_what_takes_no_seed_is_said() -> None:
    script = 'query = "SELECT n FROM t ORDER BY RANDOM()"\nrows = base.execute(query).fetchall()\n'
    assert changed(script, at=2) == []
    why = why_not(sources(script), None, entry(2))
    assert why is not None
    assert "SQL" in why
    assert "urandom" in str(why_not(sources(script), frozenset({"system"}), None))
    assert changed(script, "system") == []


def test_git_applies_the_diff(tmp_path: Path) -> None:
    text = "import random\r\nx = random.random()\r\nprint(x)"
    held = Sources(lambda _: text.encode(), "train.py")
    drawn = trace(draw(2, "d", source="python", seeded=False))
    change = candidates(held, frozenset({"python"}), drawn, drawn, None, None)[0]
    (tmp_path / "train.py").write_bytes(text.encode())
    (tmp_path / "change.diff").write_bytes(held.diff(change.edits).encode())
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "change.diff"], cwd=tmp_path, check=True)
    assert (tmp_path / "train.py").read_bytes().decode() == held.edited(change.edits)["train.py"]


def test_a_notebooks_change_is_shown_in_its_cell() -> None:
    code = "import random\nx = 1\ny = random.random()\nprint(y)\n"
    held = sources(code)
    change = patches.Candidate("a kind", (Edit("train.py", (3, 0), (3, 0), "random.seed(42)\n"),))
    cells = ((1, 1), (1, 2), (2, 1), (2, 2))
    assert patches.of_cells(change, held, cells, "book.ipynb").splitlines() == [
        "--- a/book.ipynb, cell 2",
        "+++ b/book.ipynb, cell 2",
        "@@ -1,2 +1,3 @@",
        "+random.seed(42)",
        " y = random.random()",
        " print(y)",
    ]


def test_a_script_that_cannot_be_read_has_no_change() -> None:
    held = Sources(lambda _: "x = 'ä'".encode("latin-1"), "train.py")
    assert candidates(held, frozenset({"python"}), trace(), trace(), None, None) == []
    assert process().main
