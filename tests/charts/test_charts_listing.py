"""The picture of a script: its text is whole and escaped, its marks are words and signs, not colours alone."""

import html
import re
from xml.etree import ElementTree

import pytest

from repro.audits.gallery.table import GALLERY
from repro.audits.lines import Mark, Sign
from repro.charts.listing import CLASSES, highlight, legend, listing

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
    assert "<p>One draw of &quot;numpy&quot;. It matters.</p>" in shown
    assert 'title="One draw of &quot;numpy&quot;. It matters."' in shown
    assert f'aria-label="{Sign.UNSEEDED.words}"' in shown


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
