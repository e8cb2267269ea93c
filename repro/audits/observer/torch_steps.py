"""PyTorch's training steps: each `step` of an optimizer, with the batches that DataLoaders gave since the last one."""

import sys
import weakref
from typing import Any

from .fingerprints import fingerprint, sha256
from .format import EndOfTraining, Race
from .observer import Observer, replace
from .steps import Run, Trainings

_LARGE = 64 << 20  # bytes of weights: of larger ones the first steps, and then those at powers of two, are read
_FIRST = 8


def hook(observer: Observer) -> None:
    """Set the hooks of this file."""
    steps = observer.torch_steps = TorchSteps(observer, observer.trainings)
    add = observer.finder.add
    add(
        "torch.optim.optimizer",
        lambda module: observer.hook("torch: Optimizer.step", "steps", lambda: steps.optimizers(module)),
        "steps",
    )
    add(
        "torch.utils.data.dataloader",
        lambda module: observer.hook("torch: DataLoader", "batches", lambda: steps.loaders(module)),
        "batches",
    )
    observer.at_end.append(steps.end)


class TorchSteps:
    """The trainings of PyTorch's optimizers, one for each of them."""

    def __init__(self, observer: Observer, trainings: Trainings) -> None:
        self.observer, self.trainings = observer, trainings
        self.runs: weakref.WeakKeyDictionary[Any, Run] = weakref.WeakKeyDictionary()
        self.pulled: str | None = None
        self.losses: list[Any] = []

    def optimizers(self, module: Any) -> None:
        steps = self

        def before(optimizer: Any, args: Any, kwargs: Any) -> None:  # noqa: ARG001
            steps.observer.guarded(steps.begins, optimizer)

        def after(optimizer: Any, args: Any, kwargs: Any) -> None:  # noqa: ARG001
            steps.step(optimizer)

        module.register_optimizer_step_pre_hook(before)
        module.register_optimizer_step_post_hook(after)

    def begins(self, optimizer: Any) -> None:
        if optimizer in self.runs:
            return
        arrays = self.weights(optimizer)
        site, _, _ = self.observer.sites.site(2)
        run = self.trainings.new("loop", site, [], None if arrays is None else sha256(arrays))
        run.after = None if arrays is None else fingerprint(arrays)
        self.runs[optimizer] = run

    def step(self, optimizer: Any) -> None:
        try:
            run = self.runs[optimizer]
            site, _, _ = self.observer.sites.site(2)
            before, after, why = run.after, None, None
            size = sum(one.numel() * one.element_size() for group in optimizer.param_groups for one in group["params"])
            if size <= _LARGE or run.steps < _FIRST or run.steps & (run.steps - 1) == 0:
                arrays = self.weights(optimizer)
                after = None if arrays is None else fingerprint(arrays)
                if arrays is None:
                    why = "the weights: they cannot be read as arrays"
            else:
                why = "the weights after most steps: they take more than 64 MB"
            batch, self.pulled = self.pulled, None
            if batch is None:
                why = why or "the batches: they do not come from a DataLoader"
            losses, self.losses = self.losses, []
            arrays = [array for loss in losses if (array := self.array(loss)) is not None]
            loss = fingerprint(arrays) if arrays else None
            value = float(arrays[0].reshape(-1).view(_float(losses[0]))[0]) if arrays and _float(losses[0]) else None
        except Exception as error:  # noqa: BLE001  # Never the script's trouble.
            self.observer.once("torch: Optimizer.step", error)
            return
        self.trainings.step(run, site, batch, before, loss, after, value, why)

    def backward(self, args: Any) -> None:
        """A gradient is taken: of the loss, if a step follows."""
        if args and hasattr(args[0], "detach") and len(self.losses) < 100:
            self.losses.append(args[0].detach())

    def weights(self, optimizer: Any) -> list[Any] | None:
        """The parameters of an optimizer, as arrays of their bytes; None if they cannot be read."""
        arrays = [self.array(one) for group in optimizer.param_groups for one in group["params"]]
        return None if any(array is None for array in arrays) else arrays

    def array(self, tensor: Any) -> Any:
        """The bytes of a tensor as a NumPy array, which shares its memory if it can; None if it has none."""
        local = self.observer.local
        local.quiet += 1
        try:
            uint8 = sys.modules["torch"].uint8
            return tensor.detach().cpu().contiguous().reshape(-1).view(uint8).numpy()
        except Exception as error:  # noqa: BLE001  # Sparse, distributed, without NumPy.
            self.observer.once("torch: the bytes of a tensor", error)
            return None
        finally:
            local.quiet -= 1

    def loaders(self, module: Any) -> None:
        kind = module._BaseDataLoaderIter
        original = kind.__next__
        steps = self

        @replace(kind, "__next__")
        def __next__(self: Any) -> Any:  # noqa: N807
            element = original(self)
            if steps.observer.trace.main_process:
                steps.observer.guarded(steps.pull, element)
            return element

        workers = module._MultiProcessingDataLoaderIter
        begin = workers.__init__

        @replace(workers, "__init__")
        def __init__(self: Any, loader: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            begin(self, loader, *args, **kwargs)
            if not getattr(loader, "in_order", True):
                steps.observer.guarded(steps.raced)
                if "order" in steps.observer.pins:
                    self._in_order = True

    def raced(self) -> None:
        site, _, _ = self.observer.sites.site(2)
        what = "torch.utils.data.DataLoader(in_order=False)"
        occurrence = self.observer.trace.occurrence("race", site, what)
        if site is not None and occurrence < 100:
            self.observer.trace.emit(Race(source="order", site=site, what=what, occurrence=occurrence))

    def pull(self, element: Any) -> None:
        arrays = [array for part in _leaves(element) if (array := self.array_of(part)) is not None]
        found = fingerprint(arrays)
        before = int(self.pulled or "0", 16)
        self.pulled = f"{hash((before, int(found, 16))) % (1 << 64):016x}"

    def array_of(self, part: Any) -> Any:
        if hasattr(part, "element_size"):
            return self.array(part)
        return part if hasattr(part, "tobytes") and hasattr(part, "dtype") else None

    def end(self) -> None:
        for optimizer, run in sorted(self.runs.items(), key=lambda item: item[1].number):
            arrays = self.weights(optimizer)
            weights = run.after if arrays is None else sha256(arrays)
            self.observer.trace.emit(EndOfTraining(number=run.number, steps=run.steps, weights=weights))
        self.runs.clear()
        self.pulled = None
        self.losses.clear()


def _float(tensor: Any) -> str | None:
    """The name of a tensor's type of numbers in NumPy, where both have it; None if it is none of these."""
    return {"torch.float32": "float32", "torch.float64": "float64", "torch.float16": "float16"}.get(str(tensor.dtype))


def _leaves(element: Any) -> list[Any]:
    """The parts of a batch: of lists, tuples and dicts what they hold."""
    if isinstance(element, dict):
        return [leaf for value in element.values() for leaf in _leaves(value)]
    if isinstance(element, (list, tuple)):
        return [leaf for value in element for leaf in _leaves(value)]
    return [element]
