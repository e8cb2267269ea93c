"""Text from elsewhere, in a link or a record, so that the page shows it as it stands: no link, no picture, no icon."""

import re

JOINER = "\u2060"  # has no width


def literal(text: str) -> str:
    """Markdown that shows `text`. What Markdown means by punctuation is escaped; addresses, which Streamlit makes links
    of all the same, and its own `:material/…:` and `:red[…]`, are broken up by a character that is not seen."""
    broken = re.sub(r"(:)(?=[A-Za-z/])|(@)|(www)(?=\.)", rf"\g<0>{JOINER}", text)
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", broken)


def literal_with_code(text: str) -> str:
    """The same, but what stands between backticks is shown as code, in which Markdown means nothing by punctuation."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without another: it is part of the text
        return literal(text)
    return "".join(literal(part) if place % 2 == 0 else f"`{part}`" for place, part in enumerate(parts))
