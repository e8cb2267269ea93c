"""The settings: seed, run B, training; and the experiment that they and the seeding lines make, kept in the address."""

from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from repro.experiment.errors import InputError, sentence
from repro.experiment.experiment import Experiment
from repro.experiment.path import QUICK, is_quick
from repro.experiment.seeding import SEEDING_STEPS
from repro.experiment.settings import SETTINGS
from repro.experiment.twists import TWIST, TWISTS, TwistText, apply_twist, parse_twist
from repro.views import link, widgets
from repro.views.literal import literal

TRAINING = ("program", "images", "epochs", "dropout")
MORE = ("batch_size", "hidden", "learning_rate")
STEPS, AUTO, OPENED = "steps", "train at each change", "link that was opened"  # keys of the session's state
ARTICLE = {name: SETTINGS[name].default for name in ("images", "epochs")}
# Of the twists those that change nothing but how the same numbers are computed.
ARITHMETIC = ("xla", "determinism", "onednn-off", "avx2", "threads")


@dataclass(frozen=True)
class Current:
    """An experiment and twist; or the last good ones, with one line that says what was refused since. `changed`:
    whether they are others than when this was asked last."""

    experiment: Experiment
    twist: str
    refusal: str | None = None
    changed: bool = False

    @property
    def pair(self) -> tuple[Experiment, str]:
        return self.experiment, self.twist


def settle() -> Current:
    """Takes over what the link, the widgets and the lines make at this moment, and has it in the address."""
    if st.session_state.get(OPENED) != link.in_address():  # at first, and when somebody goes back or forward
        _open_link()
    widgets.keep(*(name for name in _keys() if name in st.session_state))
    now = current()
    before = st.session_state.experiment, st.session_state.good_twist
    changed = now.pair != before
    if changed:
        st.session_state.refused_link = None
    if now.refusal is None:
        if is_quick(now.experiment) != is_quick(before[0]):
            widgets.show({AUTO: is_quick(now.experiment)})
        st.session_state.experiment, st.session_state.good_twist = now.pair
        link.write(now.experiment, now.twist)
        st.session_state[OPENED] = link.in_address()
    return replace(now, changed=changed)


def current() -> Current:
    """What the widgets make at this moment, also in a callback."""
    try:
        experiment = Experiment(**{name: st.session_state[name] for name in SETTINGS})
        twist = _twist_text()
        apply_twist(experiment, twist)
    except InputError as error:
        return Current(st.session_state.experiment, st.session_state.good_twist, sentence(str(error)))
    return Current(experiment, twist)


def _open_link() -> None:
    """Sets the widgets to the link that opened the page; to those of a bare address if the link cannot be used."""
    try:
        experiment, twist, st.session_state.expected = link.read(st.query_params.to_dict())
        st.session_state.refused_link = None
    except InputError as error:
        experiment, twist = Experiment(), TWIST.default
        reason = literal(str(error))
        st.session_state.refused_link = f"This link cannot be opened: {reason}. The article's settings are shown."
    show(experiment, twist)


def show(experiment: Experiment, twist: str = TWIST.default) -> None:
    """Sets the widgets to `experiment` and `twist`, before they are drawn: at the start, or in a callback. That is no
    change which trains."""
    st.session_state.experiment, st.session_state.good_twist = experiment, twist
    chosen, number = parse_twist(twist)
    widgets.show(
        {"twist": chosen.name, f"number of {chosen.name}": number, AUTO: is_quick(experiment)}
        | {name: getattr(experiment, name) for name in SETTINGS}
    )


def flip(step: str) -> None:
    """Switches a seeding line on or off."""
    on = set(st.session_state[STEPS]) ^ ({step} & set(SEEDING_STEPS))
    st.session_state[STEPS] = tuple(name for name in SEEDING_STEPS if name in on)


def draw(*, with_twist: bool, with_length: bool = True) -> None:
    """Draws the widgets, but for the seeding lines, in the row that is open; those of the twist, and of how long a run
    is, only where they mean something."""
    with _labelled("Seed"):
        st.number_input("Seed", value=widgets.last_value("seed"), key="seed", label_visibility="collapsed", width=136)
    if with_twist:
        _twist()
    experiment = st.session_state.experiment
    lengths = {"images": experiment.images, "epochs": experiment.epochs}
    quick = {"images": QUICK.images, "epochs": QUICK.epochs}
    label, other = ("As in the article", ARTICLE) if lengths == quick else ("Quick", quick)
    if quick != ARTICLE and with_length:
        text = f"{label}: {other['images']:,} × {other['epochs']}"
        st.button(text, on_click=widgets.show, args=(other,), help="Training images × epochs")
    with st.popover("More", icon=":material/tune:"):
        for name in (*TRAINING, *MORE):
            if with_length or name not in ARTICLE:
                widgets.draw(SETTINGS[name])


def _twist() -> None:
    shown = [name for name in TwistText().twists if name not in ARITHMETIC] + list(ARITHMETIC)
    with _labelled(TWIST.label):
        st.selectbox(
            TWIST.label,
            shown,
            shown.index(widgets.last_value("twist")),
            key="twist",
            format_func=lambda name: ("arithmetic: " if name in ARITHMETIC else "") + TWISTS[name].label,
            label_visibility="collapsed",
            width=230,
        )
    twist = TWISTS[st.session_state.twist]
    if twist.number is not None:
        key = f"number of {twist.name}"
        st.session_state.setdefault(key, None)
        st.number_input(
            twist.number.label,
            value=widgets.last_value(key),
            step=1,
            key=key,
            placeholder=twist.number.otherwise,
            label_visibility="collapsed",
            width=120,
        )


def _labelled(label: str) -> DeltaGenerator:
    """A place for a widget beside its label, which saves a line."""
    place = st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key=f"labelled {label}"
    )
    place.markdown(label, width="content")
    return place


def _keys() -> list[str]:
    """The keys of all widgets, of which some are not drawn on every tab."""
    return [*(name for name in SETTINGS if name != STEPS), "twist", *(f"number of {name}" for name in TWISTS), AUTO]


def _twist_text() -> str:
    """The twist that the widgets make, as links and the command line have it."""
    number = st.session_state.get(f"number of {st.session_state.twist}")
    return st.session_state.twist if number is None else f"{st.session_state.twist}:{number}"
