"""Trees of HTML: what a page makes of them."""

from html.parser import HTMLParser

import pytest

from repro.views.island import tag, texts, to_html


class Read(HTMLParser):
    """The elements and texts of HTML, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.data.append(data)


def test_attributes_are_spelled_as_html_has_them() -> None:
    assert tag("button", "x", class_="line", aria_checked=True, data_press="numpy", title=None) == [
        "button",
        {"class": "line", "aria-checked": "true", "data-press": "numpy"},
        "x",
    ]


@pytest.mark.parametrize("text", ["<b>", "a & b", '"', "'><script>alert(1)</script>"])
def test_no_text_is_read_as_html(text: str) -> None:
    tree = tag("div", tag("b", text, title=text), " after")
    read = Read(to_html(tree))
    assert read.tags == [("div", {}), ("b", {"title": text})]
    assert "".join(read.data) == f"{text} after"
    assert texts(tree) == [text, " after"]
