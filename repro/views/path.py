"""The path: a row of steps, each a link that sets the page up and says what to guess."""

from collections.abc import Callable

from repro.experiment.experiment import Experiment
from repro.experiment.path import PATH, Station, station_of
from repro.views import island, link
from repro.views.island import Tree, tag


def draw(experiment: Experiment, twist: str, *, tab: str, go: Callable[[Station], None]) -> None:
    """Draws the row; `go` is called with the step that was pressed. `tab` is where every combination is tried."""
    by_title = {station.title: station for station in PATH}

    def pressed(title: str) -> None:
        if title in by_title:
            go(by_title[title])

    island.draw(path(experiment, twist, tab=tab), key="path", pressed=pressed)


def path(experiment: Experiment, twist: str, *, tab: str) -> Tree:
    """The row: the steps as links, that of these settings marked, and the next one."""
    here = station_of(experiment, twist)
    place = PATH.index(here) if here is not None else -1
    following = PATH[place + 1] if here is not None else PATH[0]
    steps = [
        tag(
            "li", _link(station, f"{number}\N{NO-BREAK SPACE}{station.title}", experiment, tab, current=station is here)
        )
        for number, station in enumerate(PATH, 1)
    ]
    return tag(
        "nav",
        tag("ol", *steps),
        _link(following, f"Next: {following.title} ›", experiment, tab, current=False, class_="next"),
        class_="path",
        aria_label="The path",
    )


def _link(station: Station, text: str, now: Experiment, tab: str, *, current: bool, class_: str | None = None) -> Tree:
    others = {"tab": tab} if station.every_combination else {}
    return tag(
        "a",
        text,
        href=link.query(station.settings(now), station.twist, **others),
        target="_self",
        data_press=station.title,
        aria_current="step" if current else None,
        class_=class_,
    )
