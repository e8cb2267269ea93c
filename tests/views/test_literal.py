"""Text from elsewhere: shown as it stands."""

import re

from repro.views.literal import JOINER, literal, literal_with_code


def shown(markdown: str) -> str:
    """What Markdown makes of escaped punctuation."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)


def test_plain_words_stay_as_they_are() -> None:
    assert literal("Seed cannot be ٣ or 7 8") == "Seed cannot be ٣ or 7 8"


def test_all_punctuation_is_escaped_and_shown() -> None:
    text = "[x](y) ![](z) `a` *b* <i> $c$ #d _e_ 'f:1' \\ ~g~ {h} |"
    assert shown(literal(text)) == text
    assert not re.search(r"(?<!\\)[\[\](`*<$#_~{|]", literal(text).replace("\\\\", ""))


def test_addresses_and_icons_are_broken_up() -> None:
    for text in (
        "https://evil.example",
        "www.evil.example",
        "a@evil.example",
        ":material/house:",
        ":red[x]",
        ":smile:",
    ):
        found = shown(literal(text))
        assert found != text
        assert found.replace(JOINER, "") == text


def test_what_stands_between_backticks_is_code() -> None:
    assert literal_with_code("in line 3: `x[0]` is <b> in run A") == "in line 3\\: `x[0]` is \\<b\\> in run A"
    assert literal_with_code("a ` b *c*") == literal("a ` b *c*")
    assert literal_with_code("`a` and `b`") == "`a` and `b`"
