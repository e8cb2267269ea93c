"""What two runs printed, side by side."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from repro.views.outputs import MAX_LINES, outputs

LINES = st.lists(st.sampled_from(["", "epoch 1", "epoch 2", "loss 0.5", "loss 0.25", "<b>"]), max_size=12)


def rows(markup: str) -> list[tuple[bool, list[str]]]:
    """Of each row of the table whether it differs, and its texts."""
    found = []
    for kind, inner in re.findall(r"<tr( class=[^>]+)?>(.*?)</tr>", markup.partition("<tbody>")[2], re.DOTALL):
        cells = re.findall(r"<td[^>]*>(.*?)</td>", inner, re.DOTALL)
        found.append(("differing" in kind, [html.unescape(re.sub("<[^>]+>", "", cell)) for cell in cells]))
    return found


def test_lines_that_differ_have_a_sign_in_both_runs_and_what_differs_is_marked() -> None:
    shown = outputs("same\nloss 1.25 s\n", "same\nloss 1.5 s\n")
    assert rows(shown) == [(False, ["same", "same"]), (True, ["≠loss 1.25 s", "≠loss 1.5 s"])]
    assert shown.count('aria-label="differs"') == 2
    assert "loss 1.<mark>2</mark>5 s" in shown
    assert "loss 1.5 s" in shown  # nothing of it is missing in the other


def test_a_line_that_one_run_alone_printed_moves_no_other() -> None:
    shown = outputs("one\nextra\ntwo", "one\ntwo")
    assert rows(shown) == [(False, ["one", "one"]), (True, ["≠extra", "≠"]), (False, ["two", "two"])]
    assert "differs" not in outputs("one", "one")


def test_lines_that_are_the_same_are_left_out_but_for_those_beside_a_difference() -> None:
    before = "".join(f"{number}\n" for number in range(10))
    texts = [texts for _, texts in rows(outputs(f"{before}a\n", f"{before}b\n"))]
    assert texts == [["… 8 lines that are the same"], ["8", "8"], ["9", "9"], ["≠a", "≠b"]]
    assert len(rows(outputs(before, before))) == 5


@given(LINES, LINES)
def test_no_line_that_differs_is_lost_or_changed(a: list[str], b: list[str]) -> None:
    found = rows(outputs("\n".join(a), "\n".join(b)))
    for run, lines in ((0, a), (1, b)):
        told = [texts[run].removeprefix("≠") if differs else texts[0] for differs, texts in found]
        left = "\n".join(lines).splitlines()
        for text in told:
            hidden = re.fullmatch(r"… (\d+) lines that are the same", text)
            if hidden is not None:
                del left[: int(hidden[1])]
            elif left and text == left[0]:
                del left[0]
            else:
                assert text == ""  # where the other run alone printed something
        assert not any(left)


def test_text_is_escaped_and_a_long_output_ends() -> None:
    assert "<script" not in outputs("<script>", "")
    assert f"{5:,} lines more" in outputs("x\n" * (MAX_LINES + 5), "")
