"""What a difference between two runs led to: how it grows, what it means for the test images, and why it is."""

import math

import numpy as np
import streamlit as st

from repro.charts import curves, growth
from repro.charts.pixels import pixel_picture
from repro.experiment.twists import parse_twist
from repro.programs import mnist
from repro.records.history import History
from repro.server.visits import Visit
from repro.studies.pair import Pair
from repro.verdicts.disagreements import by_digit, places
from repro.verdicts.report import moved_line
from repro.verdicts.verdict import Verdict
from repro.views import tables
from repro.views.chart import draw_chart

IMAGES_ON_A_PAGE = 24


@st.cache_resource(show_spinner=False)
def _test_images() -> tuple:  # type: ignore[type-arg]
    return mnist.load_test()


STEPS_BEFORE, STEPS_AFTER = 10, 40  # the first difference, of the steps that are drawn one by one
MOST_PICTURES = 12  # of the distances of an epoch


def choose(chart: str) -> None:
    """Keeps which steps are chosen on a chart of curves, if any."""
    chosen = st.session_state[chart].selection.get(curves.BRUSH, {}).get("step")
    st.session_state.chosen_steps = chosen and (math.floor(chosen[0]), math.ceil(chosen[1]))


def draw_details(a: History, b: History, verdict: Verdict) -> None:
    """Draws the steps around the first difference, or those that were chosen, one by one."""
    assert verdict.first is not None
    first = verdict.first.step
    chosen = st.session_state.get("chosen_steps") or (first - STEPS_BEFORE, first + STEPS_AFTER)
    last = verdict.steps_compared - 1
    window = (min(max(0, chosen[0]), last), min(chosen[1], last))
    st.markdown(
        f"**Around the first difference**: steps {window[0]:,} to {window[1]:,}, one by one. Drag over a curve above"
        " to choose others; click beside the selection to return. The tooltips have every digit of the float32."
    )
    dark = st.context.theme.type == "dark"
    for column, quantity in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        with column:
            st.markdown(f"**{quantity.capitalize()}** by step")
            draw_chart(
                curves.details(quantity, a, b, window),
                curves.details_specification(quantity, dark=dark),
                key=f"details of {quantity}",
                alt=f"{quantity.capitalize()} of run A and run B in each step from {window[0]:,} to {window[1]:,}",
            )
    st.markdown(tables.around_first_difference(a, b, verdict))


def draw_pixels(pair: Pair) -> None:
    """Draws for each epoch how far the weights of the first layer are apart, pixel by pixel."""
    pixels = pair.distances.pixels_by_epoch
    if not pixels:
        return
    dark = st.context.theme.type == "dark"
    shown = sorted({list(pixels)[round(place)] for place in np.linspace(0, len(pixels) - 1, MOST_PICTURES)})
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


def draw_growth(pair: Pair) -> None:
    """Draws how far the runs are apart, by step and by epoch."""
    a, b = pair.a.history, pair.b.history
    dark = st.context.theme.type == "dark"
    with st.container():
        if b.moved:
            st.caption(f":material/edit: {moved_line(b.moved)}.")
    by_step, by_epoch = st.columns(2)
    with by_step:
        st.markdown("**How it grows**: |loss A − loss B| by step")
        draw_chart(
            growth.of_losses(a, b),
            growth.specification("Step", a.experiment.total_steps, dark=dark),
            key="chart of growth",
            alt="Difference of the losses of run A and run B by training step; equal steps on a line of their own",
        )
    with by_epoch:
        st.markdown("**Distance between all weights** of A and B, after each epoch")
        draw_chart(
            growth.of_weights(pair.distances.by_epoch),
            growth.specification("Epoch", a.experiment.epochs, dark=dark),
            key="chart of distance",
            alt="Euclidean distance between the weights of run A and run B by epoch; 0 is before the training",
        )
    draw_pixels(pair)


def draw_meaning(visit: Visit, pair: Pair) -> None:
    """Draws what the difference means, once both runs have finished: answers to test images, and accuracies."""
    a, b = pair.a.history, pair.b.history
    if not a.predictions or not b.predictions:
        return
    images, digits = _test_images()
    differing = places(a.predictions, b.predictions)
    known = visit.disagreements
    if parse_twist(pair.twist)[0].name == "seed":
        known[pair.experiment] = len(differing)
    st.markdown("**What it means**")
    columns = st.columns(4)
    columns[0].metric("Test accuracy of run A", f"{a.epochs[-1].test_accuracy:.4f}")
    columns[1].metric("Test accuracy of run B", f"{b.epochs[-1].test_accuracy:.4f}")
    columns[2].metric("Predictions differ, of 10,000", f"{len(differing):,}")
    for_scale = known.get(pair.experiment)
    columns[3].metric(
        "The same with another seed",
        "—" if for_scale is None else f"{for_scale:,}",
        help="For scale: on how many images the predictions of two networks differ whose seeds differ. Known once you"
        " have trained this experiment with run B on another seed.",
    )
    st.markdown(tables.by_digit(by_digit(a.predictions, b.predictions, digits)))
    if len(differing):
        _gallery(images, digits, differing, a.predictions, b.predictions)


def _gallery(images, digits, differing, a: str, b: str) -> None:  # type: ignore[no-untyped-def]
    """The images on which the predictions differ, with both."""
    st.markdown("**The images on which the predictions differ**, with what they show, and the predictions of A and B")
    pages = -(-len(differing) // IMAGES_ON_A_PAGE)
    page = st.pagination(pages, key="page of images") if pages > 1 else 1
    shown = differing[(page - 1) * IMAGES_ON_A_PAGE : page * IMAGES_ON_A_PAGE]
    with st.container(horizontal=True, gap="small"):
        for place in shown:
            answers = f"{digits[place]}: A {a[place]}, B {b[place]}"
            st.image(images[place], caption=answers, width=84, alt=f"Test image {place}, which shows {answers}")


def draw_why(pair: Pair) -> None:
    """Says what the twist can do and why, with sources."""
    why = parse_twist(pair.twist)[0].why
    if why:
        st.markdown(f"**What this change can do.** {why}")
