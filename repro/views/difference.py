"""What two runs that differ came to: how the difference grows, what it means for the test images, and why it is."""

import streamlit as st

from repro.charts import growth
from repro.experiment.twists import parse_twist
from repro.programs import mnist
from repro.server.visits import Visit
from repro.studies.pair import Pair
from repro.verdicts.disagreements import by_digit, places
from repro.verdicts.report import moved_line
from repro.views import tables

IMAGES_ON_A_PAGE = 24


@st.cache_resource(show_spinner=False)
def _test_images() -> tuple:  # type: ignore[type-arg]
    return mnist.load_test()


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
        st.vega_lite_chart(
            growth.of_losses(a, b),
            growth.specification("Step", a.experiment.total_steps, dark=dark),
            width="stretch",
            key="chart of growth",
            alt="Difference of the losses of run A and run B by training step; equal steps on a line of their own",
        )
    with by_epoch:
        st.markdown("**Distance between all weights** of A and B, after each epoch")
        st.vega_lite_chart(
            growth.of_weights(pair.distances.by_epoch),
            growth.specification("Epoch", a.experiment.epochs, dark=dark),
            width="stretch",
            key="chart of distance",
            alt="Euclidean distance between the weights of run A and run B by epoch; 0 is before the training",
        )


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
    columns[2].metric("Read differently, of 10,000", f"{len(differing):,}")
    for_scale = known.get(pair.experiment)
    columns[3].metric(
        "The same with another seed",
        "—" if for_scale is None else f"{for_scale:,}",
        help="For scale: how many images two networks read differently whose seeds differ. Known once you have trained"
        " this experiment with run B on another seed.",
    )
    st.markdown(tables.by_digit(by_digit(a.predictions, b.predictions, digits)))
    if len(differing):
        _gallery(images, digits, differing, a.predictions, b.predictions)


def _gallery(images, digits, differing, a: str, b: str) -> None:  # type: ignore[no-untyped-def]
    """The images that the networks read differently, with both answers."""
    st.markdown("**The images that they read differently**, with what they show, and the answers of A and B")
    pages = -(-len(differing) // IMAGES_ON_A_PAGE)
    page = st.pagination(pages, key="page of images") if pages > 1 else 1
    shown = differing[(page - 1) * IMAGES_ON_A_PAGE : page * IMAGES_ON_A_PAGE]
    with st.container(horizontal=True, gap="small"):
        for place in shown:
            st.image(images[place], caption=f"{digits[place]}: A {a[place]}, B {b[place]}", width=84)


def draw_why(pair: Pair) -> None:
    """Says why the twist does what it does, with sources."""
    why = parse_twist(pair.twist)[0].why
    if why:
        st.markdown(f"**Why this happens.** {why}")
