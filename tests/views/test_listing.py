"""The picture of a script: its text is whole and escaped, its marks are words and signs, not colours alone."""

import html
import re
from xml.etree import ElementTree

import pytest

from repro.audits.gallery.table import GALLERY
from repro.audits.report.lines import Mark, Sign
from repro.views.listing import CHANGE, CLASSES, highlight, legend, listing

MARKS = {2: Mark(Sign.UNSEEDED, "unseeded: 1 draw", ('One draw of "numpy".', "It matters."))}


def plain(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


@pytest.mark.parametrize("name", GALLERY)
def test_colours_leave_the_text_as_it_is(name: str) -> None:
    code = GALLERY[name].code
    assert [plain(line) for line in highlight(code)] == code.splitlines()


@pytest.mark.parametrize("code", ["print(", "'''open\nstring", "\tx = 1\n  y\n", "<script>alert(1)</script>", ""])
def test_what_is_no_python_keeps_its_text(code: str) -> None:
    assert [plain(line) for line in highlight(code)] == code.splitlines()
    assert "<script" not in listing(code, {})


def test_keywords_strings_numbers_and_comments_have_classes() -> None:
    (line,) = highlight("for x in range(10): print('a' + f'{x}')  # note")
    for kind, text in [("keyword", "for"), ("builtin", "range"), ("figure", "10"), ("comment", "# note")]:
        assert f'<span class="{kind}">{text}</span>' in line
    assert '<span class="string">&#x27;a&#x27;</span>' in line


def test_a_string_over_several_lines_is_coloured_in_each() -> None:
    assert all('class="string"' in line for line in highlight('"""one\ntwo\nthree"""'))


def test_each_line_has_its_number_and_marks_their_sign_words_and_sentences() -> None:
    shown = listing("a = 1\nb = draw()\nc = 2", MARKS)
    assert re.findall(r'class="number">(\d+)<', shown) == ["1", "2", "3"]
    of_notebook = listing("a = 1\nb = draw()\nc = 2", MARKS, ((1, 1), (1, 2), (4, 1)))
    assert re.findall(r'class="number">([^<]+)<', of_notebook) == ["1:1", "1:2", "4:1"]
    assert shown.count("<details>") == 1
    assert Sign.UNSEEDED.value in shown
    assert "unseeded: 1 draw" in shown
    assert "<p>One draw of &#34;numpy&#34;. It matters.</p>" in shown
    assert 'title="One draw of &#34;numpy&#34;. It matters."' in shown
    assert f'aria-label="{Sign.UNSEEDED.words}"' in shown


def test_the_line_to_change_is_said_to_be_and_is_the_current_one() -> None:
    shown = listing("a = 1\nb = draw()\nc = 2", MARKS, here=2)
    assert f"<small>{CHANGE} · unseeded: 1 draw</small>" in shown
    assert shown.count('aria-current="true"') == 1
    of_no_mark = listing("a = 1\nb = draw()\nc = 2", MARKS, here=3)
    assert f"<small>{CHANGE}</small>" in of_no_mark
    assert CHANGE not in listing("a = 1\nb = draw()\nc = 2", MARKS)


def test_every_line_is_an_item_of_its_own() -> None:
    """The markup is XML as well, so a parser can tell."""
    tree = ElementTree.fromstring(listing(GALLERY["class_names"].code, MARKS))
    lines = GALLERY["class_names"].code.splitlines()
    assert [item.get("role") for item in tree] == ["listitem"] * len(lines)
    assert ["".join(item.iter("code").__next__().itertext()) for item in tree] == lines


def test_signs_differ_by_more_than_their_colour() -> None:
    assert len({sign.value for sign in Sign}) == len(Sign) == len(CLASSES) == len(set(CLASSES.values()))


def test_the_legend_names_the_signs_that_are_there() -> None:
    assert f"{Sign.UNSEEDED.value}</b> {Sign.UNSEEDED.words}" in legend(MARKS)
    assert Sign.SEEDS.value not in legend(MARKS)


def test_each_sign_has_a_class_of_the_style_sheet() -> None:
    assert CLASSES.keys() == set(Sign)
