"""The twists: the one thing that run B does differently from run A."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from repro.experiment import machine
from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.kinds import Assignment, WholeNumber
from repro.experiment.limits import LIMITS
from repro.experiment.settings import MAX_SEED, Setting

SET_SEED = "https://www.tensorflow.org/api_docs/python/tf/random/set_seed"
DETERMINISM = "https://www.tensorflow.org/api_docs/python/tf/config/experimental/enable_op_determinism"
ONEDNN_ISA = "https://uxlfoundation.github.io/oneDNN/dev_guide_cpu_dispatcher_control.html"
XLA = "https://www.tensorflow.org/xla/known_issues"
SUMMERS = "[Summers & Dinneen 2021](https://arxiv.org/abs/2103.04514)"
ZHUANG = "[Zhuang et al. 2021](https://arxiv.org/abs/2106.11872)"
PHAM = "[Pham et al. 2020](https://doi.org/10.1145/3324884.3416545)"

NOTHING_NEWER = "this machine's processor has nothing newer than AVX2 to leave out"

TENSORFLOW_SEEDS = 2**31 - 1  # how many there are

Change = Callable[[Experiment, int | None], Experiment]
Outside = Callable[[int | str | None], Mapping[str, str]]

HASH_SEED = "https://docs.python.org/3/using/cmdline.html#envvar-PYTHONHASHSEED"
ENVIRONMENT = "https://docs.python.org/3/library/os.html#os.environ"


@dataclass(frozen=True)
class Number:
    """What a twist may be given after a colon: its label, its kind, and in words what it is if nothing is given, empty
    if it must be."""

    label: str
    kind: WholeNumber | Assignment
    otherwise: str


@dataclass(frozen=True, kw_only=True)
class Twist:
    """A twist: its name on the command line and in links, and its label on the page; in a line what it is (`what`) and
    what to do about it (`remedy`); in up to three sentences, with sources, what it can change and why (`why`).

    A twist is of our programs, of any script, or of both. `change` makes run B's experiment of run A's and the twist's
    number, or raises InputError, of one line, if the experiment cannot have the twist; None: no experiment can.
    `outside` gives the environment variables with which run B of a person's script is started, None where
    the twist cannot be set from outside, for which `not_outside` gives the reason; `moves_seeds`: its seeding lines are
    given other values; `read_by`: the libraries that read these variables, none if Python itself does.

    `done` says what run B did, with the experiments `a` and `b` of the two runs to be filled in; it is empty if `what`
    says so already. `acts_on` is the first quantity of a step that the twist can change by itself: the initial weights,
    the dropout masks, or the loss. `objection` says why the pair would not show what
    the twist is for. With `same_process` run B starts in run A's process when run A ends. `missing_here` says what this
    machine lacks for the twist, and `seen_here` what else of this machine matters to it. Each of the three texts is
    empty if there is nothing to say.
    """

    name: str
    label: str
    what: str
    why: str = ""
    remedy: str = ""
    done: str = ""
    acts_on: str = "loss"
    change: Change | None = lambda experiment, _: experiment
    outside: Outside | None = None
    not_outside: str = "it cannot be set from outside a script"
    moves_seeds: bool = False
    read_by: tuple[str, ...] = ()
    objection: Callable[[Experiment, int | None], str] = lambda _experiment, _number: ""
    number: Number | None = None
    same_process: bool = False
    missing_here: Callable[[], str] = str
    seen_here: Callable[[], str] = str


def _with_conditions(**conditions: Any) -> Change:
    """Run A's experiment under other conditions."""
    return lambda experiment, _: replace(experiment, conditions=replace(experiment.conditions, **conditions))


# What libraries read the number of their threads from, when they start.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


def _threads_outside(number: int | str | None) -> Mapping[str, str]:
    return dict.fromkeys(THREADS, str(number or 1))


def _assigned(text: int | str | None) -> Mapping[str, str]:
    name, _, value = str(text).partition("=")
    return {name: value}


def _other_seed(experiment: Experiment, seed: int | None) -> Experiment:
    if seed is None and experiment.seed == MAX_SEED:
        raise InputError(f"twist cannot be 'seed': there is no next seed after {experiment.seed}, name another")
    if seed == experiment.seed:
        raise InputError(f"twist cannot be 'seed:{seed}': run A has this seed too, name another")
    return replace(experiment, seed=experiment.seed + 1 if seed is None else seed)


def _same_seed_to_tensorflow(experiment: Experiment, seed: int | None) -> str:
    # tensorflow/python/framework/random_seed.py, get_seed: both seeds of an op, that of `set_seed` and its own.
    if seed is None or seed % TENSORFLOW_SEEDS != experiment.seed % TENSORFLOW_SEEDS:
        return ""
    return (
        "TensorFlow takes seeds modulo 2**31 - 1, so some of its operations would draw what they draw from"
        f" run A's seed, {experiment.seed}; name another"
    )


def _other_threads(experiment: Experiment, threads: int | None) -> Experiment:
    if threads == experiment.conditions.threads:
        raise InputError(f"twist cannot be 'threads:{threads}': run A has as many, name another number")
    return _with_conditions(threads=threads or experiment.conditions.threads + 1)(experiment, None)


def _determinism(experiment: Experiment, _: int | None) -> Experiment:
    for source in experiment.unseeded_sources:
        if source.tensorflow_op:
            raise InputError(
                "twist cannot be 'determinism': with it TensorFlow refuses to draw at random unseeded, and"
                f" {source.clause.replace('`', '')}: switch on {' or '.join(source.seeded_by)}"
            )
    return _with_conditions(determinism=True)(experiment, None)


TWISTS = {
    twist.name: twist
    for twist in (
        Twist(name="none", label="same as run A", what="Run B does exactly what run A does.", outside=lambda _: {}),
        Twist(
            name="seed",
            label="another seed",
            what="Run B takes another seed: the next one, or the one that you give.",
            why=f"A seed decides the first weights and the order of the images, and each step builds on the one before."
            f" Networks that differ by their seed alone reach about the same accuracy and still disagree on many"
            f" images ({ZHUANG}; {SUMMERS}).",
            remedy="Give both runs the same seed.",
            done="Run B had seed {b.seed}, run A seed {a.seed}.",
            acts_on="initial_weights",
            change=_other_seed,
            outside=lambda _: {},
            moves_seeds=True,
            objection=_same_seed_to_tensorflow,
            number=Number("Seed of run B", WholeNumber(0, MAX_SEED), "the next"),
        ),
        Twist(
            name="one-bit",
            label="one bit of one weight",
            what="The lowest bit of one weight of run B's first layer is flipped before training: one bit, one unit in"
            " the last place.",
            why=f"A step can multiply the difference that the step before has left. {SUMMERS} found that a change of"
            f" one bit at the beginning leads, in their experiments, to networks that differ about as much as those of"
            f" two seeds.",
            remedy="Report several seeds: no rounding is small enough to be ignored.",
            acts_on="initial_weights",
            change=_with_conditions(one_bit=True),
            not_outside="which of a script's arrays are its weights is not known before it has trained",
        ),
        Twist(
            name="xla",
            label="compiled by XLA",
            what="Run B's training step is compiled: `jit_compile=True`.",
            why=f"XLA merges operations into one, and then adds in another order: (a + b) + c and a + (b + c) are"
            f" rounded differently. It also ignores the seeds of TensorFlow's own random operations, such as"
            f" dropout ([known issues]({XLA})).",
            remedy="Compare runs that are compiled alike.",
            acts_on="masks",
            change=_with_conditions(xla=True),
            outside=lambda _: {"TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit"},
            read_by=("tensorflow",),
        ),
        Twist(
            name="determinism",
            label="op determinism",
            what="Run B calls `tf.config.experimental.enable_op_determinism()`.",
            why=f"It promises that an operation repeats on the same machine, and takes other algorithms where it needs"
            f" them ([TensorFlow on determinism]({DETERMINISM})). It does not promise the results that you had"
            f" without it.",
            remedy="Switch it on in both runs, or in neither.",
            change=_determinism,
            outside=lambda _: {"TF_DETERMINISTIC_OPS": "1"},
            read_by=("tensorflow",),
        ),
        Twist(
            name="onednn-off",
            label="oneDNN off",
            what="Run B starts with `TF_ENABLE_ONEDNN_OPTS=0`: TensorFlow's own kernels in place of oneDNN's.",
            why=f"Two libraries multiply the same matrices in another order of additions, and round differently:"
            f" TensorFlow says so itself when it starts. Such differences of implementation alone moved accuracies by"
            f" up to 2.9 points in larger networks ({PHAM}).",
            remedy="Set `TF_ENABLE_ONEDNN_OPTS` alike in both runs.",
            change=_with_conditions(onednn=False),
            outside=lambda _: {"TF_ENABLE_ONEDNN_OPTS": "0"},
            read_by=("tensorflow",),
        ),
        Twist(
            name="avx2",
            label="an older CPU's instructions",
            what="Run B starts with `ONEDNN_MAX_CPU_ISA=AVX2`: oneDNN computes as on a CPU without AVX-512.",
            why=f"oneDNN chooses its code by what the processor can do ([dispatcher control]({ONEDNN_ISA})). Wider"
            f" registers hold more partial sums, which are then added in another order: the same script on another"
            f" computer.",
            remedy="Compare runs of one kind of processor, or limit both to the older one.",
            change=_with_conditions(instructions="AVX2"),
            outside=lambda _: {"ONEDNN_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell"},
            read_by=("tensorflow", "numpy", "torch"),
            missing_here=lambda: "" if machine.has_newer_than_avx2() is not False else NOTHING_NEWER,
        ),
        Twist(
            name="threads",
            label="another number of threads",
            what="Run B uses another number of threads within an operation: 2, or as many as you give; run A uses 1.",
            why=f"Where threads share one sum, it is added in another order ({PHAM}). Where they share only rows or"
            f" images, each sum stays whole and nothing changes.",
            remedy="Fix the number with `tf.config.threading.set_intra_op_parallelism_threads`.",
            done="Run B used {b.conditions.threads} threads within an operation, run A {a.conditions.threads}.",
            change=_other_threads,
            outside=_threads_outside,
            read_by=("tensorflow", "numpy", "torch"),
            seen_here=lambda: "This machine has one core: the threads take turns." if machine.cores() == 1 else "",
            number=Number("Threads of run B", WholeNumber(1, LIMITS.threads), "2"),
        ),
        Twist(
            name="same-process",
            label="the same process again",
            what="Run B is run A's cell run again in run A's process, seeding lines included: it starts when A ends.",
            why=f"A process keeps its generators' state: one that no line resets continues with its next numbers."
            f" `tf.random.set_seed` resets the counters of TensorFlow's operations, a `seed=` on an operation alone"
            f" does not ([its rules]({SET_SEED})).",
            remedy="Call `tf.random.set_seed` at the top of the cell, or restart the kernel.",
            acts_on="initial_weights",
            same_process=True,
            not_outside="--rerun same-process runs a script again in its process",
        ),
        Twist(
            name="hash-seed",
            label="another hash seed",
            what="Run B of a script starts with another `PYTHONHASHSEED`: 1, or the one that you give.",
            why=f"The hash seed decides in which order a set of texts is walked ([PYTHONHASHSEED]({HASH_SEED})): sums,"
            f" numbers for words and batches may follow that order.",
            remedy="Sort what comes from a set.",
            change=None,
            outside=lambda number: {"PYTHONHASHSEED": str(1 if number is None else number)},
            number=Number("Hash seed of run B", WholeNumber(0, MAX_SEED), "1"),
        ),
        Twist(
            name="env",
            label="another environment variable",
            what="Run B of a script starts with the environment variable that you give: `env:NAME=VALUE`.",
            why=f"Libraries read switches from the environment, most of them when they are imported"
            f" ([os.environ]({ENVIRONMENT})).",
            remedy="Set the variable alike in both runs.",
            change=None,
            outside=_assigned,
            number=Number("NAME=VALUE", Assignment(), ""),
        ),
    )
}


@dataclass(frozen=True)
class TwistText:
    """The name of a twist, with what some take after a colon: `seed`, `seed:7`, `threads:4`. `of_script`: of those that
    any script can have, else of those of our programs."""

    of_script: bool = False

    @property
    def twists(self) -> dict[str, Twist]:
        """Those that it can name."""
        return {
            twist.name: twist
            for twist in TWISTS.values()
            if (twist.outside if self.of_script else twist.change) is not None
        }

    @property
    def allowed(self) -> str:
        named = [twist for twist in self.twists.values() if twist.number is None or twist.number.otherwise]
        numbers = [
            f"{twist.name}:N with N {twist.number.kind.allowed}"
            if isinstance(twist.number.kind, WholeNumber)
            else f"{twist.name}:{twist.number.label}"
            for twist in self.twists.values()
            if twist.number
        ]
        return f"one of {', '.join(twist.name for twist in named)}; or {', or '.join(numbers)}"

    def read(self, text: str) -> str:
        return text

    def accepts(self, value: object) -> bool:
        match = re.fullmatch(r"([a-z0-9-]+)(?::(.*))?", value, re.DOTALL) if isinstance(value, str) else None
        if match is None or match[1] not in self.twists:
            return False
        number = TWISTS[match[1]].number
        if match[2] is None:
            return number is None or bool(number.otherwise)
        try:
            return number is not None and number.kind.accepts(number.kind.read(match[2]))
        except InputError:
            return False


TWIST = Setting(name="twist", label="Run B", help="what run B does differently", default="none", kind=TwistText())
TWIST_OF_SCRIPT = replace(TWIST, kind=TwistText(of_script=True))


def parse_twist(text: str) -> tuple[Twist, int | None]:
    """The twist of our programs that `text` names, and its number if it has one; InputError, of one line, if there is
    no such twist."""
    twist, number = _parsed(text, TWIST)
    assert not isinstance(number, str)
    return twist, number


def twist_of_script(text: str) -> tuple[Twist, int | str | None]:
    """The twist of a person's script that `text` names, and what stands after its colon; InputError, of one line, if
    there is no such twist, a script cannot have it, or this machine lacks something for it."""
    twist = TWISTS.get(text.partition(":")[0])
    if twist is not None and twist.outside is None:
        raise InputError(f"twist cannot be {text!r} for a script: {twist.not_outside}")
    twist, number = _parsed(text, TWIST_OF_SCRIPT)
    if missing := twist.missing_here():
        raise InputError(f"twist cannot be {twist.name!r}: {missing}")
    return twist, number


def _parsed(text: str, setting: Setting) -> tuple[Twist, int | str | None]:
    if not setting.kind.accepts(text):
        raise InputError(setting.refusal(text))
    name, colon, rest = text.partition(":")
    twist = TWISTS[name]
    return twist, twist.number.kind.read(rest) if colon and twist.number else None


def apply_twist(experiment: Experiment, text: str) -> Experiment:
    """Run B's experiment, of run A's and a twist; InputError, of one line, if there can be none on this machine."""
    twist, number = parse_twist(text)
    if missing := twist.missing_here():
        raise InputError(f"twist cannot be {twist.name!r}: {missing}")
    assert twist.change is not None
    changed = twist.change(experiment, number)
    if objection := twist.objection(experiment, number):
        raise InputError(f"twist cannot be {text!r}: {objection}")
    return changed


def describe_twist(text: str) -> str:
    """A twist in a few words."""
    twist, number = parse_twist(text)
    return twist.label if number is None else f"{twist.label}: {number}"


def run_b_in_words(text: str) -> str:
    """What run B is to do, in a few words: `run B: another seed: 7`."""
    return f"run B: {describe_twist(text)}"


def done_in_words(text: str, a: Experiment, b: Experiment) -> str:
    """What run B, of the experiment `b`, did differently from run A because of a twist, in a sentence."""
    twist, _ = parse_twist(text)
    return twist.done.format(a=a, b=b) if twist.done else twist.what
