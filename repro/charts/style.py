"""What the charts share: the names and colours of the runs, and the height of a chart."""

RUNS = ("Run A", "Run B")
# Of Okabe & Ito's palette: told apart by colour-blind readers as well. Blue on white, sky blue on black.
ORANGE, BLUE, SKY_BLUE, VERMILION = "#E69F00", "#0072B2", "#56B4E9", "#D55E00"
HEIGHT = 300


def blue(*, dark: bool) -> str:
    """The blue that stands out from the page's background."""
    return SKY_BLUE if dark else BLUE
