"""Training steps: Keras's `fit`, and loops of the person's own, eager or with `tf.function`.

`fit` is followed through `CallbackList`, whose methods it calls around each batch. In a loop of one's own a step is a
call of a `tf.function` that changes trainable variables, or a gradient together with the update that follows it.
"""

import functools
import hashlib
import os
import sys
import weakref
from typing import Any

from .fingerprints import fingerprint, sha256
from .format import EndOfTraining, Site, Step, Stopped, Training, Variable
from .observer import Observer
from .tensorflow_random import leave

_HELD = 32 << 20
_CHANGES = ("Assign", "ResourceApply", "ResourceScatter", "ResourceSparseApply", "ResourceStridedSliceAssign")
_TRAINER_CALLS = ("evaluate", "predict", "test_on_batch", "predict_on_batch")
_SIGNED_ODD = 0x9E3779B97F4A7C15 - (1 << 64)
_MASK = (1 << 64) - 1


def hook(observer: Observer) -> None:
    """Set the hooks and pins of this file."""
    steps = Steps(observer)
    add = observer.finder.add
    for name in ("keras.src.callbacks.callback_list", "keras.src.callbacks"):
        add(name, lambda module: observer.hook("keras: CallbackList", "steps", lambda: steps.callbacks(module)))
    add("keras.src.backend.tensorflow.trainer", lambda module: steps.trainer(module))
    add(
        "keras.src.optimizers.base_optimizer",
        lambda module: observer.hook("keras: Optimizer.apply", "steps", lambda: steps.optimizer(module)),
    )
    add(
        "tensorflow.python.eager.polymorphic_function.concrete_function",
        lambda module: observer.hook("tensorflow: tf.function", "steps", lambda: steps.functions(module)),
    )
    add(
        "tensorflow.python.eager.backprop",
        lambda module: observer.hook("tensorflow: GradientTape", "steps", lambda: steps.tape(module)),
    )
    add(
        "tensorflow.python.data.ops.iterator_ops",
        lambda module: observer.hook("tensorflow: iterators", "steps", lambda: steps.iterators(module)),
    )
    add(
        "tensorflow.python.ops.resource_variable_ops",
        lambda module: observer.hook("tensorflow: variables", "weights", lambda: steps.variables(module)),
    )
    add(
        "tensorflow.python.eager.polymorphic_function.polymorphic_function",
        lambda module: observer.hook("tensorflow: late variables", "weights", lambda: steps.late_variables(module)),
    )
    observer.at_end.append(steps.end)


def _made(variable: Any) -> int:
    """The number that TensorFlow gave a variable when it was made: the end of its unique id."""
    return int(variable._unique_id.rpartition("_")[2])


class _Run:
    """One training under way."""

    def __init__(self, number: int, how: str, site: Site | None, variables: list[Any]) -> None:
        self.number, self.how, self.site, self.variables = number, how, site, variables
        self.steps = 0
        self.after: str | None = None
        self.begin = 0
        self.fresh = True
        self.batch: Any = None
        self.model: Any = None
        self.late: list[str | None] | None = None
        """The digests of the variables that its first step makes."""
        self.initial: tuple[str, str | None] | None = None
        """The SHA-256 and the fingerprint of these, if they could be read before it."""


class _Pending:
    """A gradient was taken: what was seen of the step so far."""

    def __init__(self, variables: list[Any], before: str, loss: str | None, value: float | None, site: Any) -> None:
        self.variables, self.before, self.loss, self.value, self.site = variables, before, loss, value, site


class Steps:
    """The trainings of this process."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self.trainings = 0
        self.loops: dict[tuple[str, ...], _Run] = {}
        self.pending: dict[tuple[str, ...], _Pending] = {}
        self.pulled = 0
        self.batches: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        self.changing: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()

    # Reading

    def read(self, variable: Any) -> Any:
        """The value of a variable as a NumPy array that shares its memory if it can: to be let go at once."""
        variable = getattr(variable, "_value", variable)
        operations = sys.modules["tensorflow.python.ops.gen_resource_variable_ops"]
        recording = sys.modules.get("tensorflow.python.eager.record") or sys.modules["tensorflow.python.eager.tape"]
        with recording.stop_recording():
            tensor = operations.read_variable_op(variable.handle, variable.dtype)
        return tensor._numpy() if hasattr(tensor, "_numpy") else tensor.numpy()

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
        nest = sys.modules["tensorflow"].nest
        arrays, value = [], None
        for part in nest.flatten(structure, expand_composites=True):
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

    # Bookkeeping

    def new(self, how: str, site: Site | None, variables: list[Any]) -> _Run:
        run = _Run(self.trainings, how, site, variables)
        self.trainings += 1
        weights = self.sha256(variables)
        self.observer.trace.emit(Training(number=run.number, how=how, site=site, weights=weights))
        return run

    def step(
        self,
        run: _Run,
        site: Site | None,
        batch: str | None,
        before: str | None,
        loss: str | None,
        after: str | None,
        value: float | None,
        why: str | None,
        count: int = 1,
    ) -> None:
        trace = self.observer.trace
        record = Step(
            training=run.number,
            step=run.steps,
            total=trace.steps,
            count=count,
            site=site,
            batch=batch,
            before=before,
            loss=loss,
            after=after,
            value=value if value is None or value - value == 0 else None,
            why=why,
        )
        trace.emit(record)
        run.steps += count
        run.after = after
        trace.steps += count
        limit = self.observer.config.steps
        if limit is not None and trace.steps >= limit:
            self.stop()

    def stop(self) -> None:
        """End the script: it has made as many steps as were asked for."""
        trace = self.observer.trace
        trace.emit(Stopped(steps=trace.steps))
        if trace.thread == "main":
            raise SystemExit(0)
        self.observer.end()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def finish(self, run: _Run) -> None:
        weights = self.sha256(run.variables) or run.after
        self.observer.trace.emit(EndOfTraining(number=run.number, steps=run.steps, weights=weights))

    def end(self) -> None:
        self.observer.config = self.observer.unlimited
        self.close_changed()
        self.pending.clear()
        for run in self.loops.values():
            self.finish(run)
        self.loops.clear()
        self.trainings = 0

    @property
    def inside(self) -> bool:
        return bool(self.observer.local.inside or self.observer.local.quiet)

    def eager(self) -> bool:
        return bool(sys.modules["tensorflow.python.eager.context"].executing_eagerly())

    # Keras's fit

    def callbacks(self, module: Any) -> None:
        if module.__name__ == "keras.src.callbacks" and "keras.src.callbacks.callback_list" in sys.modules:
            return  # Keras 3: the module below it has been seen to.
        steps = self
        kind = module.CallbackList
        begin, end = kind.on_train_begin, kind.on_train_end
        batch_begin, batch_end = kind.on_train_batch_begin, kind.on_train_batch_end

        @functools.wraps(begin)
        def on_train_begin(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = begin(self, *args, **kwargs)
            steps.guarded(steps.fit_begins, self)
            return result

        @functools.wraps(batch_begin)
        def on_train_batch_begin(self: Any, batch: Any, *args: Any, **kwargs: Any) -> Any:
            result = batch_begin(self, batch, *args, **kwargs)
            steps.guarded(steps.batch_begins, batch)
            return result

        @functools.wraps(batch_end)
        def on_train_batch_end(self: Any, batch: Any, logs: Any = None) -> Any:
            steps.guarded(steps.batch_ends, batch, logs)
            return batch_end(self, batch, logs)

        @functools.wraps(end)
        def on_train_end(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = end(self, *args, **kwargs)
            steps.guarded(steps.fit_ends)
            return result

        kind.on_train_begin, kind.on_train_end = on_train_begin, on_train_end
        kind.on_train_batch_begin, kind.on_train_batch_end = on_train_batch_begin, on_train_batch_end

    def guarded(self, function: Any, *args: Any) -> None:
        """Call something of ours: what fails in it is not the script's trouble, and is recorded once."""
        try:
            function(*args)
        except Exception as error:  # noqa: BLE001
            self.observer.once(f"steps: {function.__name__}", error)

    def fit_begins(self, callbacks: Any) -> None:
        self.close_changed()
        site, _, _ = self.observer.sites.site(2)
        model = getattr(callbacks, "model", None)
        weights = self.weights(model)
        if weights:
            run = self.new("fit", site, weights)
        else:
            # Its weights are made by the first step: the training is recorded when they are.
            run = _Run(self.trainings, "fit", site, [])
            run.late = []
            self.trainings += 1
        run.model = model
        run.batch = self.batches.get(model)
        self.observer.local.fit = run

    def weights(self, model: Any) -> list[Any]:
        try:
            return list(model.weights)
        except Exception:  # noqa: BLE001  # Not built yet.
            return []

    def batch_begins(self, batch: int) -> None:
        run = self.observer.local.fit
        if run is not None:
            run.begin = int(batch)
            if run.after is None or run.begin == 0:
                run.variables = self.weights(run.model)
                run.after = self.fingerprint(run.variables)

    def batch_ends(self, batch: int, logs: Any) -> None:
        run = self.observer.local.fit
        if run is None:
            return
        count = max(1, int(batch) - run.begin + 1)
        why = None
        loss, value = None, None
        if isinstance(logs, dict) and logs:
            loss, value = self.tensors([logs["loss"]] if "loss" in logs else [logs[name] for name in sorted(logs)])
        if run.batch is None:
            run.batch = self.batches.get(run.model)
        seen = None
        if isinstance(run.batch, str):
            why = run.batch
        elif run.batch is not None:
            seen = f"{int(self.read(run.batch)) & 0xFFFFFFFFFFFFFFFF:016x}"
        else:
            why = "The batch was not seen: this version of Keras makes its steps elsewhere."
        if run.late is not None:
            self.built(run)
        self.step(run, run.site, seen, run.after, loss, self.fingerprint(run.variables), value, why, count)

    def about_to_begin(self, run: _Run, function: Any) -> None:
        """A function is called in a training whose first step makes the weights: by now tracing has made them."""
        if self.changed_by(function):
            weights = self.weights(run.model)
            digest = self.sha256(weights)
            if digest is not None:
                run.initial = digest, self.fingerprint(weights)

    def built(self, run: _Run) -> None:
        """The first step of a training has made its weights: what they were is known from when they were made."""
        digests, run.late = run.late or [], None
        run.variables = self.weights(run.model)
        known: str | None = None
        if run.initial is not None:
            known, run.after = run.initial
        elif digests and None not in digests:
            known = hashlib.sha256("".join(map(str, digests)).encode()).hexdigest()
            run.after = known[:16]
        self.observer.trace.emit(Training(number=run.number, how=run.how, site=run.site, weights=known))

    def fit_ends(self) -> None:
        run = self.observer.local.fit
        if run is not None:
            self.observer.local.fit = None
            if run.late is not None:
                self.built(run)
            run.variables = self.weights(run.model)
            self.finish(run)

    def trainer(self, module: Any) -> None:
        observer = self.observer
        kind = module.TensorFlowTrainer

        def watch(name: str) -> None:
            original = getattr(kind, name)

            @functools.wraps(original)
            def call(model: Any, *args: Any, **kwargs: Any) -> Any:
                observer.local.inside += 1
                try:
                    return original(model, *args, **kwargs)
                finally:
                    observer.local.inside -= 1
                    if name == "fit" and observer.local.inside == 0:
                        self.guarded(self.fit_ends)

            setattr(kind, name, call)

        def calls() -> None:
            for name in ("fit", *_TRAINER_CALLS):
                watch(name)

        observer.hook("keras: fit", "steps", calls)
        observer.hook("keras: batches", "batches", lambda: self.step_functions(kind))

    def step_functions(self, kind: Any) -> None:
        """Let the step that `fit` compiles leave the fingerprint of its batch in a variable, after all that it does
        itself: operations that are added before would not change its seeds, but these cannot."""
        make = kind._make_function
        steps = self

        @functools.wraps(make)
        def _make_function(model: Any, step_function: Any) -> Any:
            if getattr(step_function, "__name__", "") != "train_step":
                return make(model, step_function)
            watched = None
            try:
                watched = steps.watched_step(model, step_function)
            except Exception as error:  # noqa: BLE001  # Then the batch is not seen.
                steps.observer.once("keras: batches", error)
            return make(model, watched or step_function)

        kind._make_function = _make_function

    def watched_step(self, model: Any, step_function: Any) -> Any:
        tensorflow = sys.modules["tensorflow"]
        if getattr(model, "jit_compile", False):
            self.batches[model] = "The batch was not seen: XLA compiles the step."
            return None
        if model.distribute_strategy.num_replicas_in_sync > 1:
            self.batches[model] = "The batch was not seen: it is split among several devices."
            return None
        self.observer.local.quiet += 1
        try:
            with tensorflow.init_scope():
                total = tensorflow.Variable(0, dtype=tensorflow.int64, trainable=False, name="audit")
        finally:
            self.observer.local.quiet -= 1
        self.batches[model] = total

        @leave
        def train_step(data: Any) -> Any:
            result = step_function(data)
            try:
                total.assign(total * _SIGNED_ODD + _in_graph(tensorflow, data))
            except Exception as error:  # noqa: BLE001  # Data of another kind.
                self.observer.once("keras: batches", error)
                self.batches[model] = f"The batch was not seen: {type(error).__name__}."
            return result

        return train_step

    # Loops of the person's own

    def loop(self, variables: list[Any], site: Site | None) -> _Run:
        key = self.key(variables)
        run = self.loops.get(key)
        if run is None:
            run = self.loops[key] = self.new("loop", site, variables)
        return run

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
        steps = self

        @leave
        @functools.wraps(original)
        def _next_internal(self: Any) -> Any:
            element = original(self)
            if not steps.inside and steps.eager():
                steps.guarded(steps.pull, element)
            return element

        kind._next_internal = _next_internal

    def pull(self, element: Any) -> None:
        found, _ = self.tensors(element)
        self.pulled = hash((self.pulled, int(found or "0", 16)))

    def tape(self, module: Any) -> None:
        kind = module.GradientTape
        original = kind.gradient
        steps = self

        @leave
        @functools.wraps(original)
        def gradient(self: Any, target: Any, sources: Any, *args: Any, **kwargs: Any) -> Any:
            if not steps.inside and steps.eager():
                steps.guarded(steps.gradient, target, sources)
            return original(self, target, sources, *args, **kwargs)

        kind.gradient = gradient

    def gradient(self, target: Any, sources: Any) -> None:
        parts = sys.modules["tensorflow"].nest.flatten(sources)
        variables = [part for part in parts if hasattr(getattr(part, "_value", part), "handle")]
        if not variables:
            return
        key = self.key(variables)
        self.close_changed(key)
        weights = self.fingerprint(variables)
        if weights is not None:
            site, _, _ = self.observer.sites.site(2)
            self.pending[key] = _Pending(variables, weights, *self.tensors(target), site)

    def close_changed(self, same: tuple[str, ...] | None = None) -> None:
        """Close the steps whose weights have changed since: their update was made without an optimizer of Keras's.
        Others stay open, as where a generator's and its critic's gradients are taken before both are updated."""
        for key in list(self.pending):
            pending = self.pending.pop(key)
            if not self.close(key, pending, None) and key != same:
                self.pending[key] = pending

    def close(self, key: tuple[str, ...], pending: _Pending, site: Site | None) -> bool:
        """A gradient's step is over if the variables have changed. Whether it is."""
        after = self.fingerprint(pending.variables)
        if after is None or after == pending.before:
            return False
        run = self.loops.get(key)
        if run is None:
            run = self.loops[key] = _Run(self.trainings, "loop", pending.site, pending.variables)
            self.trainings += 1
            self.observer.trace.emit(Training(number=run.number, how="loop", site=pending.site, weights=pending.before))
        batch = self.batch(None)
        why = None if batch else "The batch was not seen: this loop hands it over as it likes."
        self.step(run, site or pending.site, batch, pending.before, pending.loss, after, pending.value, why)
        return True

    def optimizer(self, module: Any) -> None:
        kind = module.BaseOptimizer
        original = kind.apply
        steps = self

        @leave
        @functools.wraps(original)
        def apply(self: Any, grads: Any, trainable_variables: Any = None) -> Any:
            if steps.inside or not steps.eager():
                return original(self, grads, trainable_variables)
            variables = list(trainable_variables or getattr(self, "_trainable_variables", []))
            found = steps.observer.sites.site(1)[0]
            before = None
            key = steps.key(variables)
            if key not in steps.pending:
                before = steps.fingerprint(variables)
            steps.observer.local.inside += 1
            try:
                result = original(self, grads, trainable_variables)
            finally:
                steps.observer.local.inside -= 1
            steps.guarded(steps.applied, key, variables, before, found)
            return result

        kind.apply = apply

    def applied(self, key: tuple[str, ...], variables: list[Any], before: str | None, site: Site | None) -> None:
        pending = self.pending.pop(key, None)
        if pending is None and before is not None:
            pending = _Pending(variables, before, None, None, site)
        if pending is not None:
            self.close(key, pending, site)

    def functions(self, module: Any) -> None:
        kind = module.ConcreteFunction
        original = kind._call_flat
        steps = self
        local = self.observer.local

        @leave
        @functools.wraps(original)
        def _call_flat(self: Any, arguments: Any, *args: Any, **kwargs: Any) -> Any:
            run = local.fit
            if run is not None and run.late is not None and steps.eager():
                steps.guarded(steps.about_to_begin, run, self)
            if local.inside or local.quiet or not steps.eager():
                return original(self, arguments, *args, **kwargs)
            variables = steps.changed_by(self)
            if not variables:
                return original(self, arguments, *args, **kwargs)
            seen = steps.before_call(variables, arguments)
            local.inside += 1
            try:
                result = original(self, arguments, *args, **kwargs)
            finally:
                local.inside -= 1
            if seen is not None:
                steps.guarded(steps.called, variables, seen, result)
            return result

        kind._call_flat = _call_flat

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
            return self.tensors(handles)[0], self.fingerprint(variables)
        except Exception as error:  # noqa: BLE001
            self.observer.once("tensorflow: tf.function", error)
            return None

    def called(self, variables: list[Any], seen: tuple[str | None, str | None], result: Any) -> None:
        batch, before = seen
        after = self.fingerprint(variables)
        if before is None or after is None or before == after:
            return
        site, _, _ = self.observer.sites.site(2)
        key = self.key(variables)
        run = self.loops.get(key)
        if run is None:
            run = self.loops[key] = _Run(self.trainings, "loop", site, variables)
            self.trainings += 1
            self.observer.trace.emit(Training(number=run.number, how="loop", site=site, weights=before))
        loss, value = self.tensors(result) if result is not None else (None, None)
        batch = self.batch(batch)
        why = None if batch and loss else "The batch or the loss does not pass through this function."
        self.step(run, site, batch, before, loss, after, value, why)

    # Variables

    def variables(self, module: Any) -> None:
        kind = module.ResourceVariable
        original = kind._init_from_args
        steps = self

        @leave
        @functools.wraps(original)
        def _init_from_args(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            if not steps.observer.local.quiet:
                steps.guarded(steps.made, self)
            return result

        kind._init_from_args = _init_from_args

    def late_variables(self, module: Any) -> None:
        """Variables that are made while a `tf.function` is traced, as those of Keras models without an `Input` are."""
        kind = module.UnliftedInitializerVariable
        original = kind.__init__
        steps = self

        @leave
        @functools.wraps(original)
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            original(self, *args, **kwargs)
            if not steps.observer.local.quiet:
                steps.guarded(steps.made, self)

        kind.__init__ = __init__

    def made(self, variable: Any) -> None:
        if not variable.trainable:
            return
        observer = self.observer
        site, _, _ = observer.sites.site(2)
        if site is None and observer.local.fit is None:
            return
        digest = None
        if self.eager():
            value = self.read(variable)
            digest = sha256([value]) if value.nbytes <= _HELD else fingerprint([value])
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
                occurrence=observer.trace.occurrence("variable", site),
            )
        )


def _may_change(operation: Any) -> bool:
    """Whether an operation of a graph assigns to a variable, or calls a function that may: a condition, a loop, a
    step over a data set."""
    if operation.type.startswith(_CHANGES):
        return True
    return any(value.HasField("func") or value.list.func for value in operation.node_def.attr.values())


def _in_graph(tensorflow: Any, data: Any) -> Any:
    """The fingerprint of a batch, as a tensor of type int64: each word times an odd number of its place, added."""
    total = tensorflow.constant(0, tensorflow.int64)
    for part in tensorflow.nest.flatten(data, expand_composites=True):
        if part is None or not hasattr(part, "dtype"):
            continue
        words = _words(tensorflow, tensorflow.convert_to_tensor(part))
        if words.shape.rank is not None and words.shape.rank > 1 and None not in words.shape[1:]:
            # The numbers of a row's places are a constant: making them anew would take longer than the sum.
            size = int(words.shape[1:].num_elements())
            rows = tensorflow.reshape(words, [-1, size])
            numpy = sys.modules["numpy"]
            places = numpy.arange(1, size + 1, dtype=numpy.uint64) * numpy.uint64(_SIGNED_ODD & _MASK) | numpy.uint64(1)
            words = tensorflow.reduce_sum(rows * tensorflow.constant(places.view(numpy.int64)), axis=1)
        words = tensorflow.reshape(words, [-1])
        count = tensorflow.size(words, out_type=tensorflow.int64)
        places = tensorflow.range(1, count + 1, dtype=tensorflow.int64) * _SIGNED_ODD
        total = total * 31 + tensorflow.reduce_sum(words * places)
    return total


def _words(tensorflow: Any, part: Any) -> Any:
    """The bits of a tensor as whole numbers of type int64."""
    kind = part.dtype
    if kind == tensorflow.string:
        return tensorflow.strings.to_hash_bucket_fast(part, (1 << 63) - 1)
    if kind.is_complex:
        part = tensorflow.stack([tensorflow.math.real(part), tensorflow.math.imag(part)], axis=-1)
        kind = part.dtype
    if kind.size == 8:
        return tensorflow.bitcast(part, tensorflow.int64)
    if kind.size == 4:
        if part.shape.rank and part.shape[-1] is not None and part.shape[-1] % 2 == 0:
            shape = tensorflow.concat([tensorflow.shape(part)[:-1], [part.shape[-1] // 2, 2]], axis=0)
            pairs = tensorflow.bitcast(tensorflow.reshape(part, shape), tensorflow.int64)
            return tensorflow.ensure_shape(pairs, [*part.shape[:-1], part.shape[-1] // 2])
        return tensorflow.cast(tensorflow.bitcast(part, tensorflow.int32), tensorflow.int64)
    if kind.is_floating:
        words = tensorflow.bitcast(part, tensorflow.int16 if kind.size == 2 else tensorflow.int8)
        return tensorflow.cast(words, tensorflow.int64)
    return tensorflow.cast(part, tensorflow.int64)
