"""Keras's `fit`, followed through `CallbackList`, whose methods it calls around each batch."""

import hashlib
import sys
import weakref
from typing import Any

from .format import Training
from .observer import Observer, leave, replace
from .own_loops import Loops
from .steps import Run, Trainings

_TRAINER_CALLS = ("evaluate", "predict", "test_on_batch", "predict_on_batch")
_ODD, _MODULUS = 0x9E3779B97F4A7C15, 1 << 64
_SIGNED_ODD = _ODD - _MODULUS


class _Batches:
    """The variable in which the steps of a model leave a sum of the fingerprints of all batches so far, and that sum
    as it was when it was read last."""

    def __init__(self, variable: Any) -> None:
        self.variable, self.total = variable, 0

    def since(self, total: int, steps: int) -> int:
        """The fingerprint of the batches of the last `steps` steps alone, now that the sum is `total`: each step takes
        the sum times an odd number, and adds its batch."""
        before, self.total = self.total, total
        return (total - before * pow(_ODD, steps, _MODULUS)) % _MODULUS


def hook(observer: Observer) -> None:
    """Set the hooks of trainings: those of loops of one's own as well, which the two have in common."""
    trainings = observer.trainings = Trainings(observer)
    loops = Loops(trainings)
    fit = Fit(trainings, loops)
    loops.about_to_call = fit.about_to_begin


class Fit:
    """The trainings that `fit` makes."""

    def __init__(self, trainings: Trainings, loops: Loops) -> None:
        self.trainings, self.loops = trainings, loops
        self.observer, self.weights = trainings.observer, trainings.weights
        self.batches: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        """For each model the variable that holds the fingerprint of its batch, or why there is none."""
        add = self.observer.finder.add
        for name in ("keras.src.callbacks.callback_list", "keras.src.callbacks"):
            add(
                name,
                lambda module: self.observer.hook("keras: CallbackList", "steps", lambda: self.callbacks(module)),
            )
        add("keras.src.backend.tensorflow.trainer", self.trainer, "batches")

    def callbacks(self, module: Any) -> None:
        if module.__name__ == "keras.src.callbacks" and "keras.src.callbacks.callback_list" in sys.modules:
            return  # Keras 3: the module below it has been seen to.
        fit = self
        kind = module.CallbackList
        begin, end = kind.on_train_begin, kind.on_train_end
        batch_begin, batch_end = kind.on_train_batch_begin, kind.on_train_batch_end

        @replace(kind, "on_train_begin")
        def on_train_begin(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = begin(self, *args, **kwargs)
            fit.observer.guarded(fit.fit_begins, self)
            return result

        @replace(kind, "on_train_batch_begin")
        def on_train_batch_begin(self: Any, batch: Any, *args: Any, **kwargs: Any) -> Any:
            result = batch_begin(self, batch, *args, **kwargs)
            fit.observer.guarded(fit.batch_begins, batch)
            return result

        @replace(kind, "on_train_batch_end")
        def on_train_batch_end(self: Any, batch: Any, logs: Any = None) -> Any:
            fit.observer.guarded(fit.batch_ends, batch, logs)
            return batch_end(self, batch, logs)

        @replace(kind, "on_train_end")
        def on_train_end(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = end(self, *args, **kwargs)
            fit.observer.guarded(fit.fit_ends)
            return result

    def fit_begins(self, callbacks: Any) -> None:
        self.loops.close_changed()
        site, _, _ = self.observer.sites.site(2)
        model = getattr(callbacks, "model", None)
        weights = self.of_model(model)
        if weights:
            run = self.trainings.new("fit", site, weights)
        else:
            # Its weights are made by the first step: the training is recorded when they are.
            run = Run(self.trainings.count, "fit", site, [])
            run.late = []
            self.trainings.count += 1
        run.model = model
        run.batch = self.batches.get(model)
        self.observer.local.fit = run

    def of_model(self, model: Any) -> list[Any]:
        try:
            return list(model.weights)
        except Exception:  # noqa: BLE001  # Not built yet.
            return []

    def batch_begins(self, batch: int) -> None:
        run = self.observer.local.fit
        if run is not None:
            run.begin = int(batch)
            if run.after is None or run.begin == 0:
                run.variables = self.of_model(run.model)
                run.after = self.weights.fingerprint(run.variables)

    def batch_ends(self, batch: int, logs: Any) -> None:
        run = self.observer.local.fit
        if run is None:
            return
        count = max(1, int(batch) - run.begin + 1)
        why = None
        loss, value = None, None
        if isinstance(logs, dict) and logs:
            names = ["loss"] if "loss" in logs else sorted(logs)
            loss, value = self.weights.tensors([logs[name] for name in names])
        if run.batch is None:
            run.batch = self.batches.get(run.model)
        seen = None
        if isinstance(run.batch, str):
            why = run.batch
        elif run.batch is not None:
            total = int(self.weights.read(run.batch.variable)) % _MODULUS
            seen = f"{run.batch.since(total, count):016x}"
        else:
            why = "the batches: this version of Keras makes its steps elsewhere"
        if run.late is not None:
            self.built(run)
        after = self.weights.fingerprint(run.variables)
        self.trainings.step(run, run.site, seen, run.after, loss, after, value, why, count)

    def about_to_begin(self, run: Run, function: Any) -> None:
        """A function is called in a training whose first step makes the weights: by now tracing has made them."""
        if self.loops.changed_by(function):
            weights = self.of_model(run.model)
            digest = self.weights.sha256(weights)
            if digest is not None:
                run.initial = digest, self.weights.fingerprint(weights)

    def built(self, run: Run) -> None:
        """The first step of a training has made its weights: what they were is known from when they were made."""
        digests, run.late = run.late or [], None
        run.variables = self.of_model(run.model)
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
            run.variables = self.of_model(run.model)
            self.trainings.finish(run)

    def trainer(self, module: Any) -> None:
        observer = self.observer
        kind = module.TensorFlowTrainer

        def watch(name: str) -> None:
            original = getattr(kind, name)

            @replace(kind, name)
            def call(model: Any, *args: Any, **kwargs: Any) -> Any:
                observer.local.inside += 1
                try:
                    return original(model, *args, **kwargs)
                finally:
                    observer.local.inside -= 1
                    if name == "fit" and observer.local.inside == 0:
                        self.observer.guarded(self.fit_ends)

        def calls() -> None:
            for name in ("fit", *_TRAINER_CALLS):
                watch(name)

        observer.hook("keras: fit", "steps", calls)
        observer.hook("keras: batches", "batches", lambda: self.step_functions(kind))

    def step_functions(self, kind: Any) -> None:
        """Let the step that `fit` compiles leave the fingerprint of its batch in a variable, after all that it does
        itself: operations that are added before would not change its seeds, but these cannot."""
        make = kind._make_function
        fit = self

        @replace(kind, "_make_function")
        def _make_function(model: Any, step_function: Any) -> Any:
            if getattr(step_function, "__name__", "") != "train_step":
                return make(model, step_function)
            watched = None
            try:
                watched = fit.watched_step(model, step_function)
            except Exception as error:  # noqa: BLE001  # Then the batch is not seen.
                fit.observer.once("keras: batches", error)
            return make(model, watched or step_function)

    def watched_step(self, model: Any, step_function: Any) -> Any:
        tensorflow = sys.modules["tensorflow"]
        if getattr(model, "jit_compile", False):
            self.batches[model] = "the batches: XLA compiles the step"
            return None
        if model.distribute_strategy.num_replicas_in_sync > 1:
            self.batches[model] = "the batches: they are split among several devices"
            return None
        self.observer.local.quiet += 1
        try:
            with tensorflow.init_scope():
                total = tensorflow.Variable(0, dtype=tensorflow.int64, trainable=False, name="audit")
        finally:
            self.observer.local.quiet -= 1
        self.batches[model] = _Batches(total)

        @leave
        def train_step(data: Any) -> Any:
            result = step_function(data)
            try:
                total.assign(total * _SIGNED_ODD + _in_graph(tensorflow, data))
            except Exception as error:  # noqa: BLE001  # Data of another kind.
                self.observer.once("keras: batches", error)
                self.batches[model] = f"the batches: {type(error).__name__}"
            return result

        return train_step


def _in_graph(tensorflow: Any, data: Any) -> Any:
    """The fingerprint of a batch, as a tensor of type int64: FarmHash64 (https://github.com/google/farmhash) of the
    hashes of all bytes of each of its tensors, in their order. Two different batches agree with a probability of about
    2**-64, whatever kind of change it is; nothing is promised of batches that were made to collide."""
    hashes = []
    for part in tensorflow.nest.flatten(data, expand_composites=True):
        if part is None or not hasattr(part, "dtype"):
            continue
        tensor = tensorflow.convert_to_tensor(part)
        if tensor.dtype == tensorflow.string:  # its memory holds addresses
            tensor = tensorflow.strings.to_hash_bucket_fast(tensor, (1 << 63) - 1)
        hashes.append(tensorflow.fingerprint(tensorflow.reshape(tensor, (1, -1))))
    if not hashes:
        return tensorflow.constant(0, tensorflow.int64)
    return tensorflow.bitcast(tensorflow.fingerprint(tensorflow.concat(hashes, axis=1)), tensorflow.int64)[0]
