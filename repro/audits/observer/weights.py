"""Variables: their values, read and hashed, and those that a script makes, with their initial values."""

import sys
from typing import Any

from .fingerprints import fingerprint, sha256
from .format import Variable
from .observer import Observer, replace

_HELD = 32 << 20
_LOOKED_AT = 64  # numbers of a variable, to tell what is drawn from what is constant


def read(variable: Any) -> Any:
    """The value of a variable as a NumPy array that shares its memory if it can: to be let go at once."""
    variable = getattr(variable, "_value", variable)
    operations = sys.modules["tensorflow.python.ops.gen_resource_variable_ops"]
    recording = sys.modules.get("tensorflow.python.eager.record") or sys.modules["tensorflow.python.eager.tape"]
    with recording.stop_recording():
        tensor = operations.read_variable_op(variable.handle, variable.dtype)
    return tensor._numpy() if hasattr(tensor, "_numpy") else tensor.numpy()


class Weights:
    """Reads variables and sees them made."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        add = observer.finder.add
        add(
            "tensorflow.python.ops.resource_variable_ops",
            lambda module: observer.hook("tensorflow: variables", "weights", lambda: self.variables(module)),
            "weights",
        )
        add(
            "tensorflow.python.eager.polymorphic_function.polymorphic_function",
            lambda module: observer.hook("tensorflow: late variables", "weights", lambda: self.late_variables(module)),
            "weights",
        )

    def read(self, variable: Any) -> Any:
        """As the function of this name."""
        return read(variable)

    def read_all(self, variables: list[Any]) -> list[Any]:
        """The values of several variables, as `read` gives one."""
        read = sys.modules["tensorflow.python.ops.gen_resource_variable_ops"].read_variable_op
        recording = sys.modules.get("tensorflow.python.eager.record") or sys.modules["tensorflow.python.eager.tape"]
        with recording.stop_recording():
            plain = [getattr(variable, "_value", variable) for variable in variables]
            return [read(variable.handle, variable.dtype)._numpy() for variable in plain]

    def fingerprint(self, variables: list[Any]) -> str | None:
        try:
            return fingerprint(self.read_all(variables)) if variables else None
        except Exception:  # noqa: BLE001  # A variable on other devices, or of a kind of its own.
            return None

    def sha256(self, variables: list[Any]) -> str | None:
        try:
            return sha256(map(self.read, variables)) if variables else None
        except Exception:  # noqa: BLE001  # As above.
            return None

    def tensors(self, structure: Any) -> tuple[str | None, float | None]:
        """The fingerprint of the eager tensors in `structure`, and the first single float among them."""
        arrays, value = [], None
        if type(structure) is not list or not all(hasattr(part, "_numpy") for part in structure):
            structure = sys.modules["tensorflow"].nest.flatten(structure, expand_composites=True)
        for part in structure:
            if hasattr(part, "_numpy"):
                try:
                    array = part._numpy()
                except Exception:  # noqa: BLE001  # A resource or a variant: it has no value.
                    continue
                array = sys.modules["numpy"].asarray(array)
            elif hasattr(part, "dtype") and hasattr(part, "tobytes"):
                array = part
            else:
                continue
            arrays.append(array)
            if value is None and array.ndim == 0 and array.dtype.kind == "f":
                value = float(array)
        return (fingerprint(arrays) if arrays else None), value

    # Variables that are made

    def variables(self, module: Any) -> None:
        kind = module.ResourceVariable
        original = kind._init_from_args
        weights = self

        @replace(kind, "_init_from_args")
        def _init_from_args(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            if not weights.observer.local.quiet:
                weights.observer.guarded(weights.made, self)
            return result

    def late_variables(self, module: Any) -> None:
        """Variables that are made while a `tf.function` is traced, as those of Keras models without an `Input` are."""
        kind = module.UnliftedInitializerVariable
        original = kind.__init__
        weights = self

        @replace(kind, "__init__")
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            original(self, *args, **kwargs)
            if not weights.observer.local.quiet:
                weights.observer.guarded(weights.made, self)

    def made(self, variable: Any) -> None:
        if not variable.trainable:
            return
        observer = self.observer
        site, _, _ = observer.sites.site(2)
        if site is None and observer.local.fit is None:
            return
        digest, different = None, 0
        if sys.modules["tensorflow.python.eager.context"].executing_eagerly():
            value = self.read(variable)
            digest = sha256([value]) if value.nbytes <= _HELD else fingerprint([value])
            different = len(set(value.reshape(-1)[:_LOOKED_AT].tolist()))
        run = observer.local.fit
        if run is not None and run.late is not None:
            run.late.append(digest)
        observer.trace.emit(
            Variable(
                site=site,
                shape=[-1 if size is None else int(size) for size in variable.shape],
                dtype=variable.dtype.name,
                trainable=True,
                digest=digest,
                different=different,
                occurrence=observer.trace.occurrence("variable", site),
            )
        )
