"""The tab "Your script": a script audited live, its code with what each line does, and what would be enough."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import streamlit as st

from repro.audits import record, report
from repro.audits.background import BackgroundAudit, without_folders
from repro.audits.lines import marks
from repro.audits.notebook import Made
from repro.audits.offered import Offered, offered
from repro.audits.result import Result
from repro.audits.seen import Losses, Rung
from repro.audits.workspace import MOST_SHOWN
from repro.charts import curves
from repro.charts.ladder import ladder
from repro.charts.listing import legend, listing
from repro.charts.losses import axis_end, losses
from repro.charts.outputs import outputs
from repro.experiment.errors import InputError, LimitError, RecordError, sentence
from repro.server.visits import Visit
from repro.views import presence
from repro.views.chart import draw_chart
from repro.views.literal import literal
from repro.views.live import live
from repro.views.widgets import last_value

TAB = "Your script"
TICK = 0.5  # seconds between two looks at an audit in progress
BUSY_TICK = 1.5  # the same while others wait: what drawing takes, their runs lack
SCRIPT, CAUSES, REPEATS, LINE = "script", "audit with causes", "guess repeats", "guess line"  # keys of widgets
YES, NO = "yes", "no"
DIFFERS = Rung(pins=(), everything=False, came_to="differs")  # the pair as it is


@dataclass(frozen=True)
class Guess:
    """What was guessed before the audit of a script: "yes", "no" or nothing, and a line."""

    script: str
    repeats: str | None
    line: int | None


OWN = """To bring your own script, start this page on your own machine: `REPRO_SCRIPTS=/path/to/folder streamlit run
app.py` offers the scripts and notebooks in that folder. Nothing is uploaded, and each run works in a copy of the
folder."""


NO_CODE = f"""Without the code: the record holds none. Records made before records kept it do not, nor those of a
script of more than {MOST_SHOWN:,} bytes."""
Cells = tuple[tuple[int, int], ...]  # of a notebook's lines the cell and the line there


def draw(visit: Visit) -> None:
    """Draws the tab."""
    st.html(Path(__file__).with_suffix(".css"))
    with st.container(gap=None):  # see live.py
        try:
            scripts = offered()
        except LimitError:  # its message has the folder's path, which is for the operator alone
            st.error(
                "The operator's folder of scripts does not exist: only the gallery is offered.", icon=":material/error:"
            )
            scripts = offered({})
        asked = st.query_params.get(SCRIPT)
        if asked is not None and asked not in scripts:
            st.caption(f":material/link_off: There is no script “{literal(asked[:60])}” here.")
    running = visit.audit_running
    script = _choose(visit, scripts, asked)
    try:
        made = script.made
    except InputError as error:
        with st.container():
            st.error(sentence(str(error)), icon=":material/error:")
        return
    live(
        lambda: _audit(visit, script, made),
        every=_tick(visit),
        running=running,
        ended=lambda: not visit.audit_running,
    )
    _keep(visit, script)


def _tick(visit: Visit) -> float:
    return BUSY_TICK if visit.others_wait else TICK


def _choose(visit: Visit, scripts: dict[str, Offered], asked: str | None) -> Offered:
    """The row of widgets: the script, at first the one that the link asked for, and the buttons."""
    keys = list(scripts)
    if st.session_state.get(SCRIPT) not in scripts:
        st.session_state[SCRIPT] = asked if asked in scripts else keys[0]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        key = st.selectbox(
            "Script", keys, keys.index(st.session_state[SCRIPT]), lambda key: scripts[key].title, key=SCRIPT, width=320
        )
        st.query_params[SCRIPT] = key  # not bound to it: a link has the script's name, and not its title
        script = scripts[key]
        st.button(
            "Audit",
            type="primary",
            disabled=visit.audit_running,
            on_click=_start,
            args=(visit, script),
        )
        st.button("Stop", disabled=not visit.audit_running, on_click=visit.cancel_audit, key="stop audit")
        st.toggle(
            "Look for the cause",
            last_value(CAUSES, True),
            key=CAUSES,
            help="Off: two runs, and whether it repeats. On: further runs that find what makes it differ, or which"
            " seeding lines matter.",
        )
    return script


def _start(visit: Visit, script: Offered) -> None:
    st.session_state["guess"] = Guess(script.key, st.session_state.get(REPEATS), st.session_state.get(LINE))
    presence.start(lambda: visit.start_audit(script, causes=bool(st.session_state.get(CAUSES, True))))


def _prove(visit: Visit, script: Offered) -> None:
    presence.start(visit.prove, script)


def _audit(visit: Visit, script: Offered, made: Made) -> None:
    """All that changes while an audit is in progress. Each part has a container of its own: what appears in one leaves
    the others where they are."""
    audit = visit.audit if visit.audit is not None and visit.audit.script.key == script.key else None
    result = None if audit is None else audit.result
    with st.container(key="audit verdict"):
        _verdict(visit, audit, script)
    left, right = st.columns([9, 4], gap="medium")
    with left:
        code, cells = (made.code, made.cells) if audit is None else (audit.code, audit.cells)
        _code(code, cells, result)
    with right, st.container(gap="xsmall"):
        _beside(visit, audit, script)
    with st.container():
        if result is not None and any(result.outputs):
            st.markdown("**What the two runs printed**")
            st.html(_with_theme(outputs(*map(without_folders, result.outputs))))


def _verdict(visit: Visit, audit: BackgroundAudit | None, script: Offered) -> None:
    """The verdict, or what is done now, or what this is about."""
    if audit is None:
        st.markdown(_story(script))
        if visit.audit is not None:
            st.caption(f":material/history: The last audit was of “{literal(visit.audit.script.title)}”.")
        return
    if not audit.ended:
        place = visit.place if audit.waiting else None
        if place is not None:
            st.info(presence.in_line(place), icon=":material/groups:")
        elif audit.progress is not None and audit.progress.tried[:1] == (DIFFERS,):
            st.warning(f"**Does not repeat.** Looking for the cause: {_doing(audit)}", icon=":material/call_split:")
        elif audit.progress is not None and audit.progress.tried:
            st.info(
                f"**The two runs are the same to the bit.** Now: {_doing(audit)}", icon=":material/hourglass_empty:"
            )
        else:
            st.info(f"**Auditing**: {_doing(audit)}", icon=":material/hourglass_empty:")
    elif audit.failure is not None:
        st.error(f"**No verdict**: {literal(audit.failure)}", icon=":material/error:")
    elif audit.stopped or audit.result is None:
        st.info("**Stopped**: there is no verdict.", icon=":material/stop_circle:")
    else:
        headline, rest = _in_words(audit.result)
        rest = " ".join([rest, *(without_folders(one.words) for one in audit.result.advice)])
        good = audit.result.repeats and audit.result.seed_has_effect is not False
        box, icon = (st.success, ":material/check_circle:") if good else (st.warning, ":material/call_split:")
        box("  \n".join(filter(None, [f"**{headline}**", rest, _guess_in_words(audit.result, script)])), icon=icon)


def _story(script: Offered) -> str:
    exhibit = script.exhibit
    if exhibit is None:
        press = "Press **Audit** to run it twice and see whether it repeats."
        if script.path.suffix == ".ipynb":
            return f"A notebook from the operator's folder; each line has the numbers of its cell and line. {press}"
        return f"A script from the operator's folder. {press}"
    return f"{exhibit.story} :small[After [{exhibit.source}]({exhibit.link}).]"


def _in_words(result: Result) -> tuple[str, str]:
    """The verdict's first sentence, and the others, with the first line that differs and how to mend it."""
    first, stop, rest = report.verdict(result).partition(". ")
    return literal(first + stop.strip()), literal(rest)


def _doing(audit: BackgroundAudit) -> str:
    progress = audit.progress
    if progress is None:
        return "the runs begin."
    runs = " · ".join(f"run {label}: {steps:,} steps, {draws:,} draws" for label, steps, draws in progress.runs)
    return f"{literal(progress.what)}. :small[{literal(runs)}]"


def _ask(script: Offered) -> None:
    """What can be guessed before: optional, and nothing waits for it."""
    st.markdown("**Guess first**, if you like")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Will it repeat?", [YES, NO], key=REPEATS)
        if script.path.suffix != ".ipynb":  # a line of a notebook has two numbers
            st.number_input("Which line is it?", 1, 999, None, key=LINE, width=150, placeholder="line")


def _guess_in_words(result: Result, script: Offered) -> str:
    """Whether what was guessed before was right, if something was."""
    guess: Guess | None = st.session_state.get("guess")
    if guess is None or guess.script != script.key:
        return ""
    said, right = [], []
    if guess.repeats is not None:
        said.append("it repeats" if guess.repeats == YES else "it does not repeat")
        right.append((guess.repeats == YES) == result.repeats)
    first = result.first_difference
    lines = {row.line for row in result.unseeded if row.matters} | ({first.line} if first is not None else set())
    if guess.line is not None and not result.repeats:
        said.append(f"line {guess.line}")
        right.append(guess.line in lines)
    if not said:
        return ""
    listed = ", ".join(f"{one}: {'right' if good else 'wrong'}" for one, good in zip(said, right, strict=True))
    return f"You guessed: {listed}."


def _code(code: str, cells: Cells, result: Result | None, key: str = "code") -> None:
    found = {} if result is None else marks(result)
    with st.container(key=key, border=True):
        st.html(_with_theme(listing(code, found, cells)))
    if found:
        st.html(_with_theme(legend(found)))


def _beside(visit: Visit, audit: BackgroundAudit | None, script: Offered) -> None:
    """What stands beside the code: the trials, the advice, the losses, what was watched."""
    if audit is None:
        _ask(script)
        st.caption(OWN)
        return
    result, progress = audit.result, audit.progress
    rungs = result.tried if result is not None else progress.tried if progress is not None else ()
    with st.container(gap="xsmall"):
        if audit.causes and (rungs or not audit.ended):
            _ladder(rungs, result)
        if result is not None:
            _advice(visit, result, script)
    with st.container(gap=None):
        both: tuple[Losses, Losses] = ((), ())
        if result is not None:
            both = result.losses
        elif progress is not None:
            both = progress.losses
        _losses(both, result, ended=audit.ended)
    with st.container():
        if result is not None:
            st.caption(_what_was_watched(result))
        st.caption(_story(script))


def _ladder(rungs: tuple[Rung, ...], result: Result | None) -> None:
    if result is not None and result.repeats:
        return
    st.markdown("**What would be enough**")
    if rungs:
        st.html(_with_theme(ladder(rungs)))
    if result is None:
        st.caption("The trials appear here as they end.")
    elif result.enough:
        st.markdown(f"Smallest set: {', '.join(f'`{pin}`' for pin in result.enough[0])}")
    elif result.enough is not None:
        st.markdown("No set of pins was found to be enough.")


def _advice(visit: Visit, result: Result, script: Offered) -> None:
    """The line to write. Of a gallery script it is that of its fix, which can be proved."""
    fixed = None if script.exhibit is None else script.exhibit.fixed
    if result.repeats and result.seed_has_effect is not False:
        return
    if script.exhibit is None or fixed is None:
        for one in result.advice:
            if one.code is not None:
                st.code(one.code, language="python", wrap_lines=True)
        return
    old, new = _change(script.exhibit.code, fixed)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Prove it",
            disabled=visit.audit_running,
            on_click=_prove,
            args=(visit, script),
            help="Runs the script twice with this change.",
        )
        st.caption(f"in place of line {old}:" if old else "as a new line:")
    st.code(new, language="python", wrap_lines=True)
    _proof(visit, script)


def _change(code: str, fixed: str) -> tuple[int | None, str]:
    """The number of the line that a fix changes, from 1 (None if it only adds one), and what stands there then."""
    before, after = code.splitlines(), fixed.splitlines()
    for kind, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            return (start + 1 if end > start else None), textwrap.dedent("\n".join(after[first:last]))
    raise AssertionError("a fix changes something")


def _proof(visit: Visit, script: Offered) -> None:
    proof = visit.proof
    if proof is None or proof.script.key != script.key:
        return
    if not proof.ended:
        st.info(f"**Proving**: {_doing(proof)}", icon=":material/hourglass_empty:")
    elif proof.failure is not None:
        st.error(f"**No proof**: {literal(proof.failure)}", icon=":material/error:")
    elif proof.result is None:
        st.info("**Stopped**: nothing is proved.", icon=":material/stop_circle:")
    elif proof.result.repeats:
        steps = proof.result.steps[0]
        st.success(
            f"**Identical**: with this change both runs are the same to the bit, in {steps:,} training steps.",
            icon=":material/check_circle:",
        )
    else:
        st.warning(f"**Diverged**: {literal(report.verdict(proof.result))}", icon=":material/call_split:")


def _losses(both: tuple[Losses, Losses], result: Result | None, *, ended: bool) -> None:
    steps = max(map(len, both))
    if not steps and (ended or result is not None):
        return
    first = result.first_difference.step if result is not None and result.first_difference is not None else None
    total = axis_end(steps, ended=result is not None)
    dark = st.context.theme.type == "dark"
    st.markdown("**Loss** of A and B")
    with st.container(key="plot of loss of audit"):
        draw_chart(
            losses(*both, total, first),
            curves.curves_specification("loss", total, dark=dark),
            height="stretch",
            key="chart of loss of audit",
            alt="Loss of run A and run B by training step",
        )


def _what_was_watched(result: Result) -> str:
    draws = result.seen.get("draws", {})
    counts = ", ".join(f"{count:,} of {source}" for source, count in draws.items()) or "none"
    return (
        f"Watched: draws, {counts}; {result.steps[0]:,} training steps. Not watched:"
        f" {literal('; '.join(result.not_seen))}. {result.pairs} runs in {result.seconds:.0f} seconds."
        + (" Identical a few times is no proof." if result.repeats else "")
    )


def _keep(visit: Visit, script: Offered) -> None:
    """Saving the record of an audit, and opening one."""
    audit = visit.audit if visit.audit is not None and visit.audit.script.key == script.key else None
    with st.expander("Save or open the record of an audit"):
        if audit is not None and audit.result is not None:
            kept = audit.result
            st.download_button(
                "Download the record of this audit (JSON)",
                lambda: record.write(kept),
                "audit.json",
                "application/json",
                on_click="ignore",
            )
        file = st.file_uploader("A record of an audit", "json", max_upload_size=20)
        if file is not None:
            _draw_opened(file.file_id, file.getvalue)


def _read(file: str, data: Callable[[], bytes]) -> Result:
    """The audit in an upload, read once; RecordError if it is none."""
    known: dict[str, Result] = st.session_state.setdefault("opened audit", {})
    if file not in known:
        known.clear()
        known[file] = record.read(data())
    return known[file]


def _draw_opened(file: str, data: Callable[[], bytes]) -> None:
    try:
        result = _read(file, data)
    except RecordError as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return
    box = st.success if result.repeats and result.seed_has_effect is not False else st.warning
    headline, rest = _in_words(result)
    box(f"**{literal(result.script)}**: {headline} {rest}")
    if result.code is not None:
        _code(result.code, result.cells, result, key="opened code")
    else:
        st.caption(NO_CODE)
    st.code("\n".join(report.lines(result)), language=None, wrap_lines=True)
    if any(result.outputs):
        st.html(_with_theme(outputs(*result.outputs)))


def _with_theme(markup: str) -> str:
    return f'<div class="{st.context.theme.type or "light"}">{markup}</div>'
