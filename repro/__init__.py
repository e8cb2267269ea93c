"""Which seed matters? Train MNIST twice and say, to the bit, whether and why the two runs differ.

    from repro import Experiment, compare
    print(compare(Experiment(seed=7), twist="one-bit"))

The names in `__all__` are loaded when they are first used, so that `import repro` stays light.
"""

from importlib import import_module

# Not from `typing`: to import that takes longer than all else before `__main__` lets an interrupt end the process.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from repro.audits.interface import audit
    from repro.experiment.experiment import Experiment
    from repro.studies.interface import compare, matrix, seeds

__version__ = "1.1.0"

__all__ = ["Experiment", "audit", "compare", "matrix", "seeds"]

_HOMES = {
    "Experiment": "repro.experiment.experiment",
    "audit": "repro.audits.interface",
    "compare": "repro.studies.interface",
    "matrix": "repro.studies.interface",
    "seeds": "repro.studies.interface",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'repro' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
