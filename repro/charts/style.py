"""What the charts share: the name of their table, names and colours of the runs, colour of text, height of a chart."""

import altair as alt

TABLE = alt.NamedData("table")  # comes with each drawing
RUNS = ("Run A", "Run B")
# Of Okabe & Ito's palette: told apart by colour-blind readers as well. Blue on white, sky blue on black.
ORANGE, BLUE, SKY_BLUE, VERMILION = "#E69F00", "#0072B2", "#56B4E9", "#D55E00"
ORANGE_ON_PAGE = {False: "#B34700", True: "#F08A4B"}  # for text and thin lines: contrast of 4.5 and more
HEIGHT = 300


def blue(*, dark: bool) -> str:
    """The blue that stands out from the page's background."""
    return SKY_BLUE if dark else BLUE


def text(*, dark: bool) -> str:
    """The colour of what is written on a chart."""
    return "#e6eaf1" if dark else "#555a68"


def difference(*, dark: bool) -> str:
    """The colour of what differs; page.css has it too."""
    return ORANGE_ON_PAGE[dark]


def equal(*, dark: bool) -> str:
    """The colour of what is the same to the last bit; page.css has it too."""
    return "#6FD49B" if dark else "#007352"
