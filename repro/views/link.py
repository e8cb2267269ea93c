"""The link in the address bar: the experiment, its twist, and the final digest that its sender had, if it says so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.path import QUICK
from repro.experiment.settings import SETTINGS, quote
from repro.experiment.twists import TWIST, apply_twist

DIGEST = "digest"
PARAMETERS = (*SETTINGS, TWIST.name, DIGEST)


@dataclass(frozen=True)
class Expected:
    """The SHA-256 of run B's final weights on the machine of a link's sender, for this experiment and twist."""

    experiment: Experiment
    twist: str
    digest: str


def read(parameters: Mapping[str, str]) -> tuple[Experiment, str, Expected | None]:
    """What a link's query parameters ask for; other parameters are left alone. InputError, of one line, if they
    cannot be used. What a link leaves out is the article's; an address without any of these parameters opens QUICK."""
    if not set(parameters) & set(PARAMETERS):
        return QUICK, TWIST.default, None
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
    """The query parameters that differ from the article's."""
    own = ({} if twist == TWIST.default else {TWIST.name: twist}) | ({} if digest is None else {DIGEST: digest})
    return experiment.to_link(whole=digest is not None) | own  # elsewhere limits may lower the defaults


def _at_least_one(experiment: Experiment, twist: str, digest: str | None) -> dict[str, str]:
    """The parameters of a link: an address without any opens other settings."""
    return parameters(experiment, twist, digest) or {"steps": SETTINGS["steps"].text(experiment.steps)}


def in_address() -> dict[str, str]:
    """The experiment's parameters in the address bar."""
    return {name: st.query_params[name] for name in PARAMETERS if name in st.query_params}


def text(experiment: Experiment, twist: str, digest: str | None = None) -> str:
    """The whole link, to this very page."""
    page = (st.context.url or "").partition("?")[0]
    return page + query(experiment, twist, digest)


def query(experiment: Experiment, twist: str, digest: str | None = None, **others: str) -> str:
    """The link within this page, with `others` among its parameters."""
    return "?" + urlencode(_at_least_one(experiment, twist, digest) | others, safe=",:")


def write(experiment: Experiment, twist: str) -> None:
    """Puts the experiment into the address bar, and leaves other parameters there alone; what a sender had stays there
    as long as it belongs to these settings."""
    expected: Expected | None = st.session_state.get("expected")
    same = expected is not None and (expected.experiment, expected.twist) == (experiment, twist)
    link = _at_least_one(experiment, twist, expected.digest if expected is not None and same else None)
    if not in_address() and (experiment, twist) == (QUICK, TWIST.default):
        return  # to go back to a bare address would lead to this one again
    if in_address() != link:
        others = {name: value for name, value in st.query_params.to_dict().items() if name not in PARAMETERS}
        st.query_params.from_dict(others | link)  # at once: each change is one that a browser can go back from
