"""The picture of a script: its code with line numbers and colours, and beside each line what was seen there."""

import builtins
import html
import io
import keyword
import token
import tokenize
from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from repro.audits.report.lines import Mark, Sign
from repro.views.templates import render

# Classes of the page's style sheet, one for each sign.
CLASSES = {
    Sign.FIRST_DIFFERENCE: "first-difference",
    Sign.ENTERS: "enters",
    Sign.UNSEEDED: "unseeded",
    Sign.NO_EFFECT: "no-effect",
    Sign.SEEDS: "seeds",
    Sign.SEEDED: "seeded",
    Sign.HARMLESS: "harmless",
}
CHANGE = "change this line"
BUILTINS = frozenset(dir(builtins))


def listing(
    code: str, marks: Mapping[int, Mark], cells: Sequence[tuple[int, int]] = (), *, here: int | None = None
) -> str:
    """The code as HTML, an item of a list for each line. A line with a mark opens at a click, and says in sentences
    what was seen; hovering over it says the same. `here` is the line to change. Of a notebook, `cells` are the cell and
    the line there of each line, and stand in place of its number."""
    lines = []
    for number, line in enumerate(highlight(code), 1):
        mark = marks.get(number)
        cell, inside = cells[number - 1] if number <= len(cells) else (None, number)
        lines.append(
            {
                "number": inside if cell is None else f"{cell}:{inside}",
                "code": Markup(line),
                "mark": mark,
                "kind": "" if mark is None else CLASSES[mark.sign],
                "told": "" if mark is None else " ".join(mark.sentences),
                "short": " · ".join([CHANGE] * (number == here) + ([] if mark is None else [mark.short])),
                "here": number == here,
            }
        )
    return render("listing", lines=lines)


def legend(marks: Mapping[int, Mark]) -> str:
    """What the signs mean that are there, as HTML."""
    there = [sign for sign in Sign if any(mark.sign is sign for mark in marks.values())]
    return render("legend", signs=[{"kind": CLASSES[one], "value": one.value, "words": one.words} for one in there])


def highlight(code: str) -> list[str]:
    """The lines of Python code as HTML, with keywords, strings, numbers and names of the language in their classes.
    Code that is no Python keeps its text."""
    lines = code.splitlines()
    pieces: list[list[tuple[int, int, str]]] = [[] for _ in lines]
    for row, start, end, kind in _spans(code, lines):
        if row < len(lines):
            pieces[row].append((start, end, kind))
    return [_line(text, spans) for text, spans in zip(lines, pieces, strict=True)]


def _line(text: str, spans: list[tuple[int, int, str]]) -> str:
    shown, at = [], 0
    for start, end, kind in sorted(spans):
        if start < at:
            continue
        shown += [html.escape(text[at:start]), f'<span class="{kind}">{html.escape(text[start:end])}</span>']
        at = end
    return "".join([*shown, html.escape(text[at:])])


def _spans(code: str, lines: list[str]) -> Iterator[tuple[int, int, int, str]]:
    """The pieces of code that have a class: row from 0, first column, column after the last, class."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    strings = {token.STRING, *(getattr(token, name, -1) for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END"))}
    for one in tokens:
        kind = ""
        if one.type in strings:
            kind = "string"
        elif one.type == token.NUMBER:
            kind = "figure"
        elif one.type == tokenize.COMMENT:
            kind = "comment"
        elif one.type == token.NAME:
            kind = "keyword" if keyword.iskeyword(one.string) else "builtin" if one.string in BUILTINS else ""
        if not kind:
            continue
        (first, start), (last, end) = one.start, one.end
        for row in range(first, last + 1):
            width = len(lines[row - 1]) if row <= len(lines) else 0
            yield row - 1, start if row == first else 0, end if row == last else width, kind
