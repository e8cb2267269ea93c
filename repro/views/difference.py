"""What a difference between two runs led to: its first steps, how it grows, and the test images read differently."""

import functools
import math
from collections.abc import Callable

import numpy as np
import streamlit as st

from repro.charts import curves, growth
from repro.charts.pixels import pixel_picture
from repro.charts.style import RUNS
from repro.experiment.twists import parse_twist
from repro.history.history import History
from repro.programs import mnist
from repro.studies.pair import Pair
from repro.verdicts.disagreements import places
from repro.verdicts.report import moved_line
from repro.verdicts.verdict import Verdict
from repro.views import tables
from repro.views.chart import draw_chart

IMAGES_ON_A_PAGE = 24
STEPS_BEFORE, STEPS_AFTER = 10, 40  # the first difference, of the steps that are drawn one by one
MAX_PICTURES = 8  # of the distances of an epoch


@st.cache_resource(show_spinner=False)
def _test_images() -> tuple:  # type: ignore[type-arg]
    return mnist.load_test()


def draw(pair: Pair, verdict: Verdict) -> None:
    """Draws what is folded below the stage: each part is made when it is opened."""
    a, b = pair.a.history, pair.b.history
    one_bit = pair.b.history.experiment.conditions.one_bit
    if verdict.first is not None:
        folded("Around the first difference", lambda: _details(a, b, verdict), key="details")
        if a.predictions and b.predictions:
            folded("The test images that are read differently", lambda: draw_images(a, b), key="images")
    if one_bit and b.moved:
        folded("The bit, and how far its difference spreads", lambda: _bit(pair), key="bit")
    if a.epochs or b.epochs:
        folded("Epoch by epoch", lambda: _epochs(pair), key="epochs")
    why = parse_twist(pair.twist)[0].why
    if why:
        folded("What this change can do", lambda: st.markdown(why), key="why")
    if a.environment and b.environment:
        folded("What they ran on", lambda: _environments(a, b), key="environments")


def draw_curves(a: History, b: History, verdict: Verdict, names: tuple[str, str] = RUNS) -> None:
    """Draws the losses of two runs, with the verdict's first difference, and how far these are apart."""
    dark = st.context.theme.type == "dark"
    total = a.experiment.total_steps
    of = "" if names == RUNS else f" of {names[0]}"
    key = f"chart of loss{of}"
    charts = (
        (
            "**Loss** by step, log scale; ring and dot: test images",
            curves.curves(a, b, verdict),
            curves.curves_specification(total, dark=dark, names=names),
            key,
            f"Loss of {names[0]} and {names[1]} by training step",
            functools.partial(_choose, key),
        ),
        (
            f"**|loss {names[0].removeprefix('Run ')} − loss {names[1].removeprefix('Run ')}|** by step, log"
            " scale; steps as square roots",
            growth.of_losses(a, b),
            growth.specification("Step", total, dark=dark),
            f"chart of growth{of}",
            "Difference of the losses of both runs by training step; equal steps on a line of their own",
            None,
        ),
    )
    for column, (title, table, specification, key, alt, on_select) in zip(st.columns(2), charts, strict=True):
        with column, st.container(gap=None):
            st.markdown(title)
            with st.container(key=f"plot of {key}"):
                if len(table):
                    draw_chart(table, specification, key=key, alt=alt, height="stretch", on_select=on_select)
                else:  # a container without an element is not drawn, and what is below would move
                    st.html('<span class="unseen">No step yet</span>')


def folded(title: str, draw: Callable[[], object], *, key: str) -> None:
    """A part of the page that is made when somebody opens it."""
    with st.expander(title, key=f"folded {key}", on_change="rerun") as part:
        if part.open:
            draw()


def _choose(chart: str) -> None:
    """Keeps which steps are chosen on a chart of curves, if any."""
    chosen = st.session_state[chart].selection.get(curves.BRUSH, {}).get("step")
    st.session_state.chosen_steps = chosen and (math.floor(chosen[0]), math.ceil(chosen[1]))


def _details(a: History, b: History, verdict: Verdict) -> None:
    """Draws the steps around the first difference, or those that were chosen, one by one."""
    assert verdict.first is not None
    first = verdict.first.step
    chosen = st.session_state.get("chosen_steps") or (first - STEPS_BEFORE, first + STEPS_AFTER)
    last = verdict.steps_compared - 1
    window = (min(max(0, chosen[0]), last), min(chosen[1], last))
    one_by_one, in_full = st.columns(2)
    with one_by_one:
        st.markdown(
            f"**Loss** in the steps {window[0]:,} to {window[1]:,}, one by one. Drag over the chart of the loss to"
            " choose others; click beside the selection to return."
        )
        draw_chart(
            curves.details(a, b, window),
            curves.details_specification(dark=st.context.theme.type == "dark"),
            key="details of loss",
            alt=f"Loss of run A and run B in each step from {window[0]:,} to {window[1]:,}",
        )
    in_full.markdown(tables.around_first_difference(a, b, verdict))


def _bit(pair: Pair) -> None:
    """Says which bit was flipped, and draws for each epoch how far the weights of the first layer are apart, pixel by
    pixel."""
    assert pair.b.history.moved is not None
    st.markdown(f":material/edit: {moved_line(pair.b.history.moved)}.")
    pixels = pair.distances.pixels_by_epoch
    if not pixels:
        return
    dark = st.context.theme.type == "dark"
    shown = sorted({list(pixels)[round(place)] for place in np.linspace(0, len(pixels) - 1, MAX_PICTURES)})
    st.markdown(
        "**Distance between the first layers**, pixel by pixel: how far the weights from each of the 28 × 28 pixels are"
        " apart. Each picture has its own scale, up to its largest distance."
    )
    with st.container(horizontal=True, gap="small"):
        for epoch in shown:
            when = f"after epoch {epoch}" if epoch else "before training"
            largest = f"up to {pixels[epoch].max():.2g}" if pixels[epoch].any() else "no distance"
            st.image(
                pixel_picture(pixels[epoch], dark=dark),
                caption=f"{when}: {largest}",
                width=140,
                alt=f"Distance of the first layers by pixel {when}, {largest}",
            )


def _epochs(pair: Pair) -> None:
    """Draws the article's output, A beside B, and how far the weights are apart after each epoch."""
    a, b = pair.a.history, pair.b.history
    many = a.experiment.epochs > 3
    output, distance = st.columns(2)
    with output, st.container(height=480 if many else "content", border=many):
        st.markdown(tables.epochs(a, b))
    with distance:
        st.markdown("**Distance between all weights** of A and B after each epoch, on a log scale")
        found = pair.distances.by_epoch
        if found:
            draw_chart(
                growth.of_weights(found),
                growth.specification("Epoch", a.experiment.epochs, dark=st.context.theme.type == "dark"),
                key="chart of distance",
                alt="Euclidean distance between the weights of run A and run B by epoch; 0 is before the training",
            )


def draw_images(a: History, b: History, *, key: str = "page of images") -> None:
    """Draws the test images on which the predictions of two finished runs differ, with both."""
    assert a.predictions
    assert b.predictions
    images, digits = _test_images()
    differing = places(a.predictions, b.predictions)
    if not len(differing):
        st.markdown("None: both networks read every test image alike.")
        return
    pages = -(-len(differing) // IMAGES_ON_A_PAGE)
    page = st.pagination(pages, key=key) if pages > 1 else 1
    shown = differing[(page - 1) * IMAGES_ON_A_PAGE : page * IMAGES_ON_A_PAGE]
    with st.container(horizontal=True, gap="small"):
        for place in shown:
            answers = f"{digits[place]}: A {a.predictions[place]}, B {b.predictions[place]}"
            st.image(images[place], caption=answers, width=84, alt=f"Test image {place}, which shows {answers}")


def _environments(a: History, b: History) -> None:
    assert a.environment
    assert b.environment
    st.dataframe(tables.environments(a.environment, b.environment, RUNS), hide_index=True, height="content")
