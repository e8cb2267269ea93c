"""The conditions of a run besides its settings: run A has the defaults, and a twist changes one for run B."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from repro.experiment.errors import InputError
from repro.experiment.kinds import Choice, Flag, Kind, WholeNumber
from repro.experiment.limits import LIMITS
from repro.experiment.settings import quote

KINDS: dict[str, Kind] = {
    "threads": WholeNumber(1, LIMITS.threads),
    "xla": Flag(),
    "determinism": Flag(),
    "one_bit": Flag(),
    "onednn": Flag(),
    "instructions": Choice(("all", "AVX2")),
}


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The conditions of a run; a value outside its kind in KINDS is an InputError of one line.

    `threads`: TensorFlow's threads inside one operation. `xla`: the training step is compiled. `determinism`:
    TensorFlow's op determinism is on. `one_bit`: the lowest bit of one weight is flipped before training. `onednn`:
    TensorFlow may use oneDNN's kernels. `instructions`: the newest instruction set that oneDNN may use.
    """

    threads: int = 1  # two runs with one thread each are faster on two cores than two with two
    xla: bool = False
    determinism: bool = False
    one_bit: bool = False
    onednn: bool = True
    instructions: str = "all"

    def __post_init__(self) -> None:
        for name, kind in KINDS.items():
            if not kind.accepts(getattr(self, name)):
                raise InputError(f"{name} cannot be {quote(getattr(self, name))}: it takes {kind.allowed}")

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables from which libraries read these conditions when they are imported."""
        variables = {} if self.onednn else {"TF_ENABLE_ONEDNN_OPTS": "0"}
        return variables | ({} if self.instructions == "all" else {"ONEDNN_MAX_CPU_ISA": self.instructions})

    @classmethod
    def from_json(cls, values: Any) -> "Conditions":
        """The conditions whose fields a JSON object holds; InputError if one is missing, unknown or unfit."""
        names = [field.name for field in fields(cls)]
        if not isinstance(values, Mapping) or set(values) != set(names):
            raise InputError(f"conditions cannot be {quote(values)}: they take {', '.join(names)}")
        return cls(**values)


DEFAULT_CONDITIONS = Conditions()

# What libraries read when they are imported. The first belong to conditions: those that are set already are not handed
# on to runs, because run A would then have what only run B is to have. The others are, and the stamp holds them.
OWNED_VARIABLES = (
    "TF_ENABLE_ONEDNN_OPTS",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",  # oneDNN's older name for the same
    "TF_DETERMINISTIC_OPS",  # tensorflow/core/util/determinism.cc: op determinism, unless a call says otherwise
    "TF_CUDNN_DETERMINISTIC",
)
STAMPED_VARIABLES = (
    "XLA_FLAGS",
    "TF_XLA_FLAGS",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "TF_SET_ONEDNN_FPMATH_MODE",
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
    "OPENBLAS_CORETYPE",
    "GLIBC_TUNABLES",
    "PYTHONHASHSEED",
)


def variables_of_a_run(inherited: Mapping[str, str], conditions: Conditions = DEFAULT_CONDITIONS) -> dict[str, str]:
    """The environment variables that a run of `conditions` is started with: those `inherited` from the process that
    starts it, but for OWNED_VARIABLES, and those of the conditions. Keras's backend is TensorFlow in any case."""
    kept = {name: value for name, value in inherited.items() if name not in OWNED_VARIABLES}
    return kept | {"KERAS_BACKEND": "tensorflow"} | conditions.environment


def stamped(environment: Mapping[str, str]) -> dict[str, str]:
    """Those variables of an environment that libraries read when they are imported, as a record keeps them."""
    return {name: environment[name] for name in (*OWNED_VARIABLES, *STAMPED_VARIABLES) if name in environment}
