"""The tab "Your script": a script audited live, its code with what each line does, and what is sufficient."""

import ast
import functools
import shlex
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import streamlit as st

from repro.audits.background import BackgroundAudit, without_folders
from repro.audits.comparison.seen import Trial
from repro.audits.gallery.offered import Offered, offered
from repro.audits.report import words
from repro.audits.report.lines import marks, own_names
from repro.audits.report.result import Result
from repro.audits.runs.notebook import Made
from repro.audits.runs.workspace import MAX_SHOWN
from repro.audits.sources import SOURCES
from repro.experiment.errors import InputError, LimitError, RecordError, sentence
from repro.records import audits
from repro.server.visits import Visit
from repro.views import presence
from repro.views.ladder import ladder
from repro.views.listing import legend, listing
from repro.views.literal import literal, literal_with_code
from repro.views.live import live
from repro.views.outputs import outputs
from repro.views.widgets import last_value

TAB = "Your script"
TICK = 0.5  # seconds between two looks at an audit in progress
BUSY_TICK = 1.5  # the same while others wait: what drawing takes, their runs lack
SCRIPT, CAUSES, REPEATS, LINE = "script", "audit with causes", "guess repeats", "guess line"  # keys of widgets
SLOW = {"tensorflow": "TensorFlow", "keras": "Keras"}  # what takes seconds to import
YES, NO = "yes", "no"
DIFFERS = Trial(pins=(), everything=False, outcome="differs")  # the pair as it is


@dataclass(frozen=True)
class Guess:
    """What was guessed before the audit of a script: "yes", "no" or nothing, and a line."""

    script: str
    repeats: str | None
    line: int | None


COMMAND = "python -m repro audit FILE [ARGUMENT …]"
OWN = """On your own machine the same audit takes any script or notebook: the command below, or this page with
`REPRO_SCRIPTS=/path/to/folder streamlit run app.py`, which offers those in that folder. Nothing is uploaded or changed:
what a run writes, it writes to a layer of its own."""


NO_CODE = f"""Without the code: the record holds none. Records made before records kept it do not, nor those of a
script of more than {MAX_SHOWN:,} bytes."""
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
        every=lambda: _tick(visit),
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
    with st.container():  # see live.py
        if script.exhibit is None:
            _choose_arguments(script)
    return script


def _choose_arguments(script: Offered) -> None:
    """The arguments of an operator's script: a line to write, and the files of its folder, which are added to it."""
    line, file = _keys_of_arguments(script)
    try:
        st.session_state.setdefault(line, script.arguments)
    except InputError:  # it cannot be read, which the page says below
        return

    def add() -> None:
        name = st.session_state[file]
        if name is not None:
            st.session_state[line] = f"{st.session_state[line]} {shlex.quote(name)}".strip()
            st.session_state[file] = None

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input("Arguments", key=line, placeholder="none", max_chars=1000)
        files = script.files
        if files:
            st.selectbox(
                "Add a file of the folder", files, None, key=file, on_change=add, placeholder="file", width=260
            )


def _keys_of_arguments(script: Offered) -> tuple[str, str]:
    return f"arguments of {script.key}", f"file for {script.key}"


def _start(visit: Visit, script: Offered) -> None:
    st.session_state["guess"] = Guess(script.key, st.session_state.get(REPEATS), st.session_state.get(LINE))
    arguments = st.session_state.get(_keys_of_arguments(script)[0])
    causes = bool(st.session_state.get(CAUSES, True))
    presence.start(lambda: visit.start_audit(script, causes=causes, arguments=arguments))


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
        here = None if result is None else line_to_change(result, script)
        _code(code, cells, result, here=here)
        _scroll(visit.changes if here is not None else None)
    with right, st.container(gap="xsmall"):
        _beside(visit, audit, script)
    with st.container():
        if result is not None and any(result.outputs):
            st.markdown("**What the two runs printed**")
            st.html(outputs(*map(without_folders, result.outputs)))


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
        elif audit.progress is not None and audit.progress.trials[:1] == (DIFFERS,):
            st.warning(f"**Does not repeat.** Looking for the cause: {_doing(audit)}", icon=":material/call_split:")
        elif audit.progress is not None and audit.progress.trials:
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
    first, stop, rest = words.verdict(result).partition(". ")
    return literal_with_code(first + stop.strip()), literal_with_code(rest)


def _doing(audit: BackgroundAudit) -> str:
    progress = audit.progress
    return "the runs begin." if progress is None else f"{literal(progress.what)}. {_runs(audit)}"


def _runs(audit: BackgroundAudit) -> str:
    """What the runs in progress do: what they import, or how far they have come."""
    progress = audit.progress
    if progress is None or not progress.runs:
        return ""
    importing = [name for module, name in SLOW.items() if module in _imports(audit.code) - progress.imported]
    if importing and not any(steps for _, steps, _ in progress.runs):
        return f":small[Importing {importing[0]}, which takes some seconds.]"
    runs = " · ".join(f"run {label}: {steps:,} steps, {draws:,} draws" for label, steps, draws in progress.runs)
    return f":small[{literal(runs)}]"


@functools.lru_cache(maxsize=32)
def _imports(code: str) -> frozenset[str]:
    """The packages that a script itself imports."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return frozenset(name.partition(".")[0] for name in names)


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


def _code(code: str, cells: Cells, result: Result | None, key: str = "code", here: int | None = None) -> None:
    found = {} if result is None else marks(result)
    with st.container(key=key, border=True):
        st.html(listing(code, found, cells, here=here))
    if found:
        st.html(legend(found))


def line_to_change(result: Result, script: Offered) -> int | None:
    """The line of the script that the remedy speaks of: of a gallery script that of its fix, else the one from which
    the first source to mend drew, or the line that seeds it too late; where there is no remedy, the line where the
    difference enters, or else the first difference; None where none of these lies in the script itself."""
    if result.repeats and result.seed_has_effect is not False:
        return None
    if script.exhibit is not None and script.exhibit.fixed is not None:
        return _change(script.exhibit.code, script.exhibit.fixed).line
    own = own_names(result)
    sources = [one.source for one in result.advice[:1]]
    late = [one.line for one in result.seeding if one.too_late and set(one.sets) & set(sources) and one.file in own]
    drew = [
        one.line
        for one in result.unseeded
        if one.source in sources and one.matters is not False and one.line is not None and one.file in own
    ]
    entered = result.enters
    enters = [entered.line] if entered is not None and entered.file in own else []
    first = result.first_difference
    differs = [first.line] if first is not None and first.line is not None and first.file in own else []
    return next(iter([*late, *drew, *enters, *differs]), None)


@functools.cache
def _scroller() -> Callable[..., Any]:
    return st.components.v2.component("scroll", html="", js=Path(__file__).with_name("scroll.js").read_text("utf-8"))


def _scroll(audit: int | None) -> None:
    """Brings the line to change into view, once for each `audit`; None: there is none."""
    _scroller()(key="scroll", data={"box": "code", "audit": audit}, height="content")


def _beside(visit: Visit, audit: BackgroundAudit | None, script: Offered) -> None:
    """What stands beside the code: the trials, the advice, the losses, what was watched."""
    if audit is None:
        _ask(script)
        st.caption(OWN)
        st.code(COMMAND, language=None, wrap_lines=True)
        return
    result, progress = audit.result, audit.progress
    trials = result.trials if result is not None else progress.trials if progress is not None else ()
    with st.container(gap="xsmall"):
        if audit.causes and (trials or not audit.ended):
            _ladder(trials, result)
        if result is not None:
            _advice(visit, result, script)
    with st.container():
        if result is not None:
            st.caption(_what_was_watched(result))
        st.caption(_story(script))
        st.caption("Audit a script of yours on your own machine:")
        st.code(COMMAND, language=None, wrap_lines=True)


def _ladder(trials: tuple[Trial, ...], result: Result | None) -> None:
    if result is not None and result.repeats:
        return
    st.markdown("**What is sufficient**")
    if trials:
        st.html(ladder(trials))
    if result is None:
        st.caption("The trials appear here as they end.")
    elif result.sufficient:
        st.markdown(f"Sufficient: {'; '.join(SOURCES[pin].title for pin in result.sufficient[0])}")
    elif result.sufficient is not None:
        st.markdown("No set of pins was found to be sufficient.")


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
    change = _change(script.exhibit.code, fixed)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Prove it",
            disabled=visit.audit_running,
            on_click=_prove,
            args=(visit, script),
            help="Runs the script twice with this change.",
        )
        st.caption(f"in place of line {change.line}:" if change.replaces else f"before line {change.line}:")
    st.code(change.code, language="python", wrap_lines=True)
    _proof(visit, script)


@dataclass(frozen=True)
class Change:
    """What a fix does first: the line, from 1, that its `code` `replaces`, or before which it stands."""

    line: int
    replaces: bool
    code: str


def _change(code: str, fixed: str) -> Change:
    before, after = code.splitlines(), fixed.splitlines()
    for kind, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            return Change(start + 1, end > start, textwrap.dedent("\n".join(after[first:last])))
    raise AssertionError("a fix changes something")


def _proof(visit: Visit, script: Offered) -> None:
    proof = visit.proof
    if proof is None or proof.script.key != script.key:
        return
    if not proof.ended:
        st.info(f"**Proving**: the changed script, twice. {_runs(proof)}", icon=":material/hourglass_empty:")
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
        st.warning(f"**Diverged**: {literal(words.verdict(proof.result))}", icon=":material/call_split:")


def _what_was_watched(result: Result) -> str:
    draws = result.seen.get("draws", {})
    counts = ", ".join(f"{count:,} of {source}" for source, count in draws.items()) or "none"
    return (
        f"Watched: draws, {counts}; {result.steps[0]:,} training steps. Not watched:"
        f" {literal('; '.join(result.not_seen))}. {result.all_runs} runs in {result.seconds:.0f} seconds."
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
                lambda: audits.write(kept),
                f"audit_{Path(script.key).stem}.json",
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
        known[file] = audits.read(data())
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
    st.code("\n".join(words.lines(result)), language=None, wrap_lines=True)
    if any(result.outputs):
        st.html(outputs(*result.outputs))
