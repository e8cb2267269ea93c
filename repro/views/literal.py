"""Text from elsewhere, in a link or a record, so that the page shows it as it stands: no link, no picture, no icon."""

import re

JOINER = "\u2060"  # has no width


def literal(text: str) -> str:
    """Markdown that shows `text`. What Markdown means by punctuation is escaped; addresses, which Streamlit makes links
    of all the same, and its own `:material/…:` and `:red[…]`, are broken up by a character that is not seen."""
    broken = re.sub(r"(:)(?=[A-Za-z/])|(@)|(www)(?=\.)", rf"\g<0>{JOINER}", text)
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", broken)
