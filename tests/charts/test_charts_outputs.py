"""What two runs printed, side by side."""

from repro.charts.outputs import MOST_LINES, outputs


def test_lines_that_differ_have_a_sign_in_both_runs() -> None:
    shown = outputs("same\nloss 1\n", "same\nloss 2\n")
    assert shown.count('aria-label="differs"') == 2
    assert shown.count('class="differing"') == 2
    assert shown.index("loss 1") < shown.index("loss 2")


def test_a_run_that_printed_more_differs_from_there_on() -> None:
    assert outputs("one\ntwo", "one").count('aria-label="differs"') == 2
    assert "differs" not in outputs("one", "one")


def test_text_is_escaped_and_a_long_output_ends() -> None:
    assert "<script" not in outputs("<script>", "")
    assert f"{5:,} lines more" in outputs("x\n" * (MOST_LINES + 5), "")
