"""What an audit found, line by line: the marks beside a script's code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from repro.audits.report.facts import Facts, Seeding, Unseeded
from repro.audits.report.words import NAMES, enters, place
from repro.audits.sources import SOURCES


class Sign(Enum):
    """What a line does. If it does several of these, it has the sign of the first."""

    FIRST_DIFFERENCE = "▶"  # the first difference is here
    ENTERS = "↳"  # here a value of the script's own lines differs first
    UNSEEDED = "✕"  # draws, and nothing seeds it
    NO_EFFECT = "⊘"  # sets a generator, without effect: with another value the result is the same, or it is too late
    SEEDS = "●"  # sets a generator
    SEEDED = "○"  # draws, seeded
    HARMLESS = "◇"  # draws unseeded, and the runs gave the same result all the same

    @property
    def words(self) -> str:
        """What the sign means."""
        return {
            Sign.FIRST_DIFFERENCE: "the first difference",
            Sign.ENTERS: "the difference enters",
            Sign.UNSEEDED: "draws, and nothing seeds it",
            Sign.NO_EFFECT: "seeds, without effect",
            Sign.SEEDS: "seeds",
            Sign.SEEDED: "draws, seeded",
            Sign.HARMLESS: "draws unseeded, same result",
        }[self]


@dataclass(frozen=True)
class Mark:
    """What is known of one line: its sign, in a few words, and in whole sentences."""

    sign: Sign
    short: str
    sentences: tuple[str, ...]


def marks(result: Facts) -> Mapping[int, Mark]:
    """The marks of the script's own lines, by number from 1. Lines of modules beside it have none."""
    found: dict[int, list[tuple[Sign, str, str]]] = {}

    def add(line: int, sign: Sign, short: str, sentence: str) -> None:
        found.setdefault(line, []).append((sign, short, sentence))

    own = own_names(result)
    first = result.first_difference
    if first is not None and first.line is not None and first.file in own:
        step = "" if first.step is None else f" of step {first.step:,}"
        add(
            first.line,
            Sign.FIRST_DIFFERENCE,
            "first difference"
            if first.quantity in ("draw", "seed")
            else f"first difference: {NAMES[first.quantity]}{step}",
            f"Of all that was compared, {NAMES[first.quantity]}{step} differs first, and it was made here.",
        )
    entered = result.enters
    if entered is not None and entered.file in own:
        name = entered.name or "the way"
        add(entered.line, Sign.ENTERS, f"{name}: {entered.a} in A, {entered.b} in B", enters(result))
    for row in result.unseeded:
        if row.line is not None and row.file in own:
            add(row.line, *_unseeded(row, result))
    for seeding in result.seeding:
        if seeding.file in own:
            add(seeding.line, *_seeding(seeding, result))
    drew = {(row.source, row.line) for row in result.unseeded}
    for draw in result.drawn:
        if draw.file in own and draw.seeded:
            by = "" if draw.by_line is None else f", seeded by {place(draw.by_file or draw.file, draw.by_line, result)}"
            count = _count(draw.draws, "draw")
            add(
                draw.line,
                Sign.SEEDED,
                f"{count} of {draw.source}{by}",
                f"{count} from {SOURCES[draw.source].draws}{by}.",
            )
        elif draw.file in own and (draw.source, draw.line) not in drew and draw.source != "system":
            count = _count(draw.draws, "draw")
            add(
                draw.line,
                Sign.UNSEEDED if not result.repeats else Sign.HARMLESS,
                f"{count} of {draw.source}, unseeded",
                f"{count} from {SOURCES[draw.source].draws}, which nothing had seeded.",
            )
    order = list(Sign)
    made = {}
    for line, several in found.items():
        several.sort(key=lambda one: order.index(one[0]))
        made[line] = Mark(
            several[0][0],
            " · ".join(dict.fromkeys(short for _, short, _ in several)),
            tuple(dict.fromkeys(sentence for _, _, sentence in several)),
        )
    return dict(sorted(made.items()))


def own_names(result: Facts) -> tuple[str, ...]:
    """The names under which the script itself stands in the result."""
    return (result.script, f"{result.script}.py") if result.cells else (result.script,)


def _unseeded(row: Unseeded, result: Facts) -> tuple[Sign, str, str]:
    count = _count(row.draws, "draw")
    short = f"unseeded: {count} of {row.source}"
    sentence = f"{count} from {SOURCES[row.source].draws}. No line seeds it."
    if row.matters is False:
        return Sign.HARMLESS, f"{short}: same result", f"{sentence} {_held(result)}"
    told = "It matters: with it pinned, the script repeats." if row.matters else "Whether it matters is not known."
    return Sign.UNSEEDED, short, f"{sentence} {told}"


def _held(result: Facts) -> str:
    """What was seen of a draw that did not matter."""
    return (
        f"The {result.runs} runs gave the same result all the same."
        if result.repeats
        else "With other draws pinned and this one not, the pair repeated."
    )


def _seeding(line: Seeding, result: Facts) -> tuple[Sign, str, str]:
    sets = ", ".join(line.sets)
    sentence = f"Sets {_and(SOURCES[source].draws for source in line.sets)}."
    if line.too_late:
        sentence = f"{sentence} Numbers were drawn before it: it comes too late for them."
        if not line.matters:
            return Sign.NO_EFFECT, f"seeds {sets} · too late", sentence
    if line.matters is False:
        return (
            Sign.NO_EFFECT,
            f"seeds {sets} · no effect",
            f"{sentence} With another value there, the result is the same: it has no effect.",
        )
    if line.matters:
        return Sign.SEEDS, f"seeds {sets} · matters", f"{sentence} With another value there, the result differs."
    why = "" if result.repeats else ", since the script does not repeat"
    return Sign.SEEDS, f"seeds {sets}", f"{sentence} Whether it matters is not known{why}."


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{'; '.join(first)}; and {last}" if first else last
