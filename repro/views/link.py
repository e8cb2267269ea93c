"""The link in the address bar: the experiment, its twist, and the final digest that its sender had, if it says so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.settings import SETTINGS, quote
from repro.experiment.twists import TWIST, apply_twist

DIGEST = "digest"


@dataclass(frozen=True)
class Expected:
    """The SHA-256 of run B's final weights on the machine of a link's sender, for this experiment and twist."""

    experiment: Experiment
    twist: str
    digest: str


def read(parameters: Mapping[str, str]) -> tuple[Experiment, str, Expected | None]:
    """What a link's query parameters ask for; other parameters are left alone. InputError, of one line, if they
    cannot be used."""
    experiment = Experiment.from_link(parameters)
    twist = TWIST.read(parameters.get(TWIST.name, TWIST.default))
    apply_twist(experiment, twist)
    digest = parameters.get(DIGEST)
    if digest is None:
        return experiment, twist, None
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise InputError(f"digest cannot be {quote(digest)}: it takes the 64 digits of a SHA-256")
    return experiment, twist, Expected(experiment, twist, digest)


def parameters(experiment: Experiment, twist: str, digest: str | None = None) -> dict[str, str]:
    """The query parameters of a link."""
    own = ({} if twist == TWIST.default else {TWIST.name: twist}) | ({} if digest is None else {DIGEST: digest})
    return experiment.to_link(whole=digest is not None) | own  # elsewhere limits may lower the defaults


def text(experiment: Experiment, twist: str, digest: str | None = None) -> str:
    """The whole link, to this very page."""
    page = (st.context.url or "").partition("?")[0]
    link = query(experiment, twist, digest)
    return f"{page}{link}" if link != "?" else page


def query(experiment: Experiment, twist: str, digest: str | None = None, **others: str) -> str:
    """The link within this page, with `others` among its parameters."""
    return "?" + urlencode(parameters(experiment, twist, digest) | others, safe=",:")


def write(experiment: Experiment, twist: str) -> None:
    """Puts the experiment into the address bar, and leaves other parameters there alone; what a sender had stays there
    as long as it belongs to these settings."""
    expected: Expected | None = st.session_state.get("expected")
    same = expected is not None and (expected.experiment, expected.twist) == (experiment, twist)
    link = parameters(experiment, twist, expected.digest if expected is not None and same else None)
    for name in (*SETTINGS, TWIST.name, DIGEST):
        if name in link and st.query_params.get(name) != link[name]:
            st.query_params[name] = link[name]
        elif name not in link and name in st.query_params:
            del st.query_params[name]
