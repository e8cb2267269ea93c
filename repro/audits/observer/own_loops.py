"""Loops of one's own, eager or with `tf.function`.

A step is a call of a `tf.function` that changes trainable variables, or a gradient together with the update that
follows it.
"""

import sys
import weakref
from collections.abc import Callable
from typing import Any

from .format import Site
from .observer import replace
from .steps import Run, Trainings

_CHANGES = ("Assign", "ResourceApply", "ResourceScatter", "ResourceSparseApply", "ResourceStridedSliceAssign")


def _made(variable: Any) -> int:
    """The number that TensorFlow gave a variable when it was made: the end of its unique id."""
    return int(variable._unique_id.rpartition("_")[2])


class _Pending:
    """A gradient was taken: what was seen of the step so far."""

    def __init__(self, variables: list[Any], before: str, loss: str | None, value: float | None, site: Any) -> None:
        self.variables, self.before, self.loss, self.value, self.site = variables, before, loss, value, site


class Loops:
    """The trainings that the person's own loops make."""

    def __init__(self, trainings: Trainings) -> None:
        self.trainings = trainings
        self.observer, self.weights = trainings.observer, trainings.weights
        self.runs: dict[tuple[str, ...], Run] = {}
        self.pending: dict[tuple[str, ...], _Pending] = {}
        self.pulled = 0
        self.changing: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()
        self.about_to_call: Callable[[Run, Any], None] = lambda *_: None
        """Called with a training of `fit` whose first step makes the weights, and a function that is called in it."""
        for module, name, function in (
            ("keras.src.optimizers.base_optimizer", "keras: Optimizer.apply", self.optimizer),
            (
                "tensorflow.python.eager.polymorphic_function.concrete_function",
                "tensorflow: tf.function",
                self.functions,
            ),
            ("tensorflow.python.eager.backprop", "tensorflow: GradientTape", self.tape),
            ("tensorflow.python.data.ops.iterator_ops", "tensorflow: iterators", self.iterators),
        ):
            self._add(module, name, function)
        self.observer.at_end.append(self.end)

    def _add(self, module: str, name: str, function: Callable[[Any], None]) -> None:
        add = self.observer.finder.add
        add(module, lambda found: self.observer.hook(name, "steps", lambda: function(found)), "steps")

    def end(self) -> None:
        self.observer.config = self.observer.unlimited
        self.close_changed()
        self.pending.clear()
        for run in self.runs.values():
            self.trainings.finish(run)
        self.runs.clear()
        self.trainings.count = 0

    def key(self, variables: list[Any]) -> tuple[str, ...]:
        values = (getattr(variable, "_value", variable) for variable in variables)
        return tuple(getattr(value, "_unique_id", str(id(value))) for value in values)

    def batch(self, fingerprint: str | None) -> str | None:
        """The fingerprint of what was taken from iterators since the last step, together with `fingerprint`."""
        if not self.pulled:
            return fingerprint
        total = hash((self.pulled, int(fingerprint or "0", 16)))
        self.pulled = 0
        return f"{total & 0xFFFFFFFFFFFFFFFF:016x}"

    def iterators(self, module: Any) -> None:
        kind = module.OwnedIterator
        original = kind._next_internal
        loops = self

        @replace(kind, "_next_internal")
        def _next_internal(self: Any) -> Any:
            element = original(self)
            if not loops.trainings.inside and loops.trainings.eager():
                loops.observer.guarded(loops.pull, element)
            return element

    def pull(self, element: Any) -> None:
        found, _ = self.weights.tensors(element)
        self.pulled = hash((self.pulled, int(found or "0", 16)))

    def tape(self, module: Any) -> None:
        kind = module.GradientTape
        original = kind.gradient
        loops = self

        @replace(kind, "gradient")
        def gradient(self: Any, target: Any, sources: Any, *args: Any, **kwargs: Any) -> Any:
            if not loops.trainings.inside and loops.trainings.eager():
                loops.observer.guarded(loops.gradient, target, sources)
            return original(self, target, sources, *args, **kwargs)

    def gradient(self, target: Any, sources: Any) -> None:
        parts = sys.modules["tensorflow"].nest.flatten(sources)
        variables = [part for part in parts if hasattr(getattr(part, "_value", part), "handle")]
        if not variables:
            return
        key = self.key(variables)
        self.close_changed(key)
        weights = self.weights.fingerprint(variables)
        if weights is not None:
            site, _, _ = self.observer.sites.site(2)
            self.pending[key] = _Pending(variables, weights, *self.weights.tensors(target), site)

    def close_changed(self, same: tuple[str, ...] | None = None) -> None:
        """Close the steps whose weights have changed since: their update was made without an optimizer of Keras's.
        Others stay open, as where a generator's and its critic's gradients are taken before both are updated."""
        for key in list(self.pending):
            pending = self.pending.pop(key)
            if not self.close(key, pending, None) and key != same:
                self.pending[key] = pending

    def close(self, key: tuple[str, ...], pending: _Pending, site: Site | None) -> bool:
        """A gradient's step is over if the variables have changed. Whether it is."""
        after = self.weights.fingerprint(pending.variables)
        if after is None or after == pending.before:
            return False
        run = self.runs.get(key)
        if run is None:
            run = self.runs[key] = self.trainings.new("loop", pending.site, pending.variables, pending.before)
        batch = self.batch(None)
        why = None if batch else "the batches: the loop does not hand them to a function that is watched"
        self.trainings.step(run, site or pending.site, batch, pending.before, pending.loss, after, pending.value, why)
        return True

    def optimizer(self, module: Any) -> None:
        kind = module.BaseOptimizer
        original = kind.apply
        loops = self

        @replace(kind, "apply")
        def apply(self: Any, grads: Any, trainable_variables: Any = None) -> Any:
            if loops.trainings.inside or not loops.trainings.eager():
                return original(self, grads, trainable_variables)
            variables = list(trainable_variables or getattr(self, "_trainable_variables", []))
            found = loops.observer.sites.site(1)[0]
            before = None
            key = loops.key(variables)
            if key not in loops.pending:
                before = loops.weights.fingerprint(variables)
            loops.observer.local.inside += 1
            try:
                result = original(self, grads, trainable_variables)
            finally:
                loops.observer.local.inside -= 1
            loops.observer.guarded(loops.applied, key, variables, before, found)
            return result

    def applied(self, key: tuple[str, ...], variables: list[Any], before: str | None, site: Site | None) -> None:
        pending = self.pending.pop(key, None)
        if pending is None and before is not None:
            pending = _Pending(variables, before, None, None, site)
        if pending is not None:
            self.close(key, pending, site)

    def functions(self, module: Any) -> None:
        kind = module.ConcreteFunction
        original = kind._call_flat
        loops = self
        local = self.observer.local

        @replace(kind, "_call_flat")
        def _call_flat(self: Any, arguments: Any, *args: Any, **kwargs: Any) -> Any:
            run = local.fit
            if run is not None and run.late is not None and loops.trainings.eager():
                loops.observer.guarded(loops.about_to_call, run, self)
            if loops.trainings.inside or not loops.trainings.eager():
                return original(self, arguments, *args, **kwargs)
            variables = loops.changed_by(self)
            if not variables:
                return original(self, arguments, *args, **kwargs)
            seen = loops.before_call(variables, arguments)
            local.inside += 1
            try:
                result = original(self, arguments, *args, **kwargs)
            finally:
                local.inside -= 1
            if seen is not None:
                loops.observer.guarded(loops.called, variables, seen, result)
            return result

    def changed_by(self, function: Any) -> list[Any]:
        """The trainable variables that a function may change: none if its graph assigns nothing."""
        try:
            graph = getattr(function, "_func_graph", None) or function.graph
            changing = self.changing.get(function)
            if changing is None:
                changing = any(map(_may_change, graph.get_operations()))
                self.changing[function] = changing
            # The graph keeps them in a set of their ids: the order in which they were made is the same in each run.
            return sorted(graph.trainable_variables, key=_made) if changing else []
        except Exception as error:  # noqa: BLE001  # Another TensorFlow.
            self.observer.once("tensorflow: tf.function", error)
            return []

    def before_call(self, variables: list[Any], arguments: Any) -> tuple[str | None, str | None] | None:
        try:
            self.close_changed()
            handles = [part for part in arguments if getattr(part.dtype, "name", "") not in ("resource", "variant")]
            return self.weights.tensors(handles)[0], self.weights.fingerprint(variables)
        except Exception as error:  # noqa: BLE001
            self.observer.once("tensorflow: tf.function", error)
            return None

    def called(self, variables: list[Any], seen: tuple[str | None, str | None], result: Any) -> None:
        batch, before = seen
        after = self.weights.fingerprint(variables)
        if before is None or after is None or before == after:
            return
        site, _, _ = self.observer.sites.site(2)
        key = self.key(variables)
        run = self.runs.get(key)
        if run is None:
            run = self.runs[key] = self.trainings.new("loop", site, variables, before)
        loss, value = self.weights.tensors(result) if result is not None else (None, None)
        batch = self.batch(batch)
        why = None if batch and loss else "the batches or losses: they do not pass through the function that trains"
        self.trainings.step(run, site, batch, before, loss, after, value, why)


def _may_change(operation: Any) -> bool:
    """Whether an operation of a graph assigns to a variable, or calls a function that may: a condition, a loop, a
    step over a data set."""
    if operation.type.startswith(_CHANGES):
        return True
    return any(value.HasField("func") or value.list.func for value in operation.node_def.attr.values())
