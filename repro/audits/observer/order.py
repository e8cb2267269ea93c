"""Who comes first: what runs in parallel is recorded as a suspect, and put one after the other by the pin `order`.

The pin `arithmetic` is here as well, since it takes the same threads away.
"""

import os
import sys
from types import FrameType
from typing import Any

from .format import Race
from .observer import Observer, replace
from .sites import STARTED

# Kinds of operations that draw, or that change a state which others draw from, as Keras's layers do.
_RANDOM = ("Random", "Multinomial", "TruncatedNormal", "PyFunc", "Stateful", "RngReadAndSkip", "Assign")
# Operations that may add up in threads, in no fixed order. They are suspects, no more: of these, the scatter of a
# variable and the gradient of crop_and_resize gave several sums on two threads (TensorFlow 2.21).
_SUMS = {
    "gen_resource_variable_ops": ("resource_scatter_add", "resource_scatter_sub"),
    "gen_state_ops": ("resource_scatter_nd_add", "resource_scatter_nd_sub"),
    "gen_array_ops": ("scatter_nd", "tensor_scatter_add", "tensor_scatter_sub"),
    "gen_math_ops": ("dense_bincount", "ragged_bincount", "sparse_bincount"),
    "gen_image_ops": ("crop_and_resize_grad_image", "crop_and_resize_grad_boxes"),
}
SHARED_MEMORY = "shared memory"
"""Among what runs in a race: nothing draws there, but all change the same numbers."""
_PARALLEL = ("map", "interleave", "batch", "padded_batch", "ragged_batch")


def hook(observer: Observer) -> None:
    """Set the hooks and pins of this file."""
    add = observer.finder.add
    observer.hook("threads", "order", lambda: _threads(observer))
    sequential = "order" in observer.pins
    if sequential or "arithmetic" in observer.pins:
        os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        add("tensorflow", lambda module: _one_thread(observer, module))
    add("tensorflow", lambda module: observer.pin("arithmetic", lambda: _deterministic(module)))
    add("concurrent.futures.thread", lambda module: _pools(observer, module, "ThreadPoolExecutor", sequential))
    add("concurrent.futures.process", lambda module: _pools(observer, module, "ProcessPoolExecutor", sequential))
    add("multiprocessing.pool", lambda module: _pools(observer, module, "Pool", sequential))
    add("joblib.parallel", lambda module: _joblib(observer, module, sequential))
    add("tensorflow.python.data.ops.dataset_ops", lambda module: _datasets(observer, module, sequential), "order")
    for name in _SUMS:
        add(f"tensorflow.python.ops.{name}", lambda module: _sums(observer, module), "arithmetic")
    add("tensorflow.python.ops.map_fn", lambda module: _map_fn(observer, module, sequential), "order")
    add(
        "keras.src.trainers.data_adapters.py_dataset_adapter",
        lambda module: _keras_workers(observer, module, sequential),
        "order",
    )


def _race(
    observer: Observer, what: str, random: list[str], depth: int = 2, source: str = "order", remedy: str | None = None
) -> None:
    site, _, importing = observer.sites.site(depth)
    if site is not None and not importing:
        occurrence = observer.trace.occurrence("race", site, what)
        if occurrence < 100:
            observer.trace.emit(
                Race(source=source, site=site, what=what, random=random, occurrence=occurrence, remedy=remedy)
            )


def _threads(observer: Observer) -> None:
    """Let what draws in a thread in which no line of the person's stands, as in a library's pool, be of the line below
    which the thread was started."""
    import threading

    start: Any = threading.Thread.start

    @replace(threading.Thread, "start")
    def started(self: Any) -> None:
        site, _, importing = observer.sites.site()
        if site is not None and not importing:
            setattr(self, STARTED, site)
        start(self)


def _one_thread(observer: Observer, module: Any) -> None:
    source = "order" if "order" in observer.pins else "arithmetic"
    try:
        threading = module.config.threading
        threading.set_intra_op_parallelism_threads(1)
        threading.set_inter_op_parallelism_threads(1)
        context = sys.modules["tensorflow.python.eager.context"]
        kind: Any = context.Context
        for name in ("intra_op_parallelism_threads", "inter_op_parallelism_threads"):
            setattr(kind, name, property(lambda _: 1, lambda _, __: None))
    except Exception as error:  # noqa: BLE001  # The script continues without.
        observer.unpinned(source, error)


def _deterministic(module: Any) -> None:
    module.config.experimental.enable_op_determinism()


def _pools(observer: Observer, module: Any, name: str, sequential: bool) -> None:
    def set_hook() -> None:
        kind = getattr(module, name)
        original = kind.__init__

        @replace(kind, "__init__")
        def __init__(self: Any, workers: Any = None, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            keyword = "processes" if name == "Pool" else "max_workers"
            workers = kwargs.pop(keyword, workers)
            # A pool that a library makes in a thread of its own is of what started the thread, which has been told
            # (Keras's workers), and no line of the person's makes it.
            made = observer.sites.find(sys._getframe(1))[0]
            if workers != 1 and not observer.local.quiet and isinstance(made, FrameType):
                _race(observer, name, [], remedy=f"{observer.sites.takes_workers() or keyword}=1")
            original(self, 1 if sequential else workers, *args, **kwargs)

    observer.hook(f"pools: {name}", "order", set_hook)


def _joblib(observer: Observer, module: Any, sequential: bool) -> None:
    """joblib's workers, which are scikit-learn's as well. What asks for memory that they share changes it in any
    order."""

    def set_hook() -> None:
        kind = module.Parallel
        original = kind.__init__

        @replace(kind, "__init__")
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            original(self, *args, **kwargs)
            if self.n_jobs not in (None, 1) and not observer.local.quiet:
                shared = [SHARED_MEMORY] if kwargs.get("require") == "sharedmem" else []
                observer.guarded(_race, observer, "joblib Parallel", shared, 3, "order", "n_jobs=1")
                if sequential:
                    original(self, *args, **{**kwargs, "n_jobs": 1})

    observer.hook("pools: joblib", "order", set_hook)


def _parallel(observer: Observer, module: Any, name: str, sequential: bool) -> None:
    original = getattr(module.DatasetV2, name, None)
    if original is None:
        return
    import inspect

    signature = inspect.signature(original)

    @replace(module.DatasetV2, name)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            bound = signature.bind(self, *args, **kwargs)
        except TypeError:
            return original(self, *args, **kwargs)
        given = bound.arguments
        parallel = given.get("num_parallel_calls") is not None
        unordered = given.get("deterministic") is False
        if parallel and sequential:
            given["num_parallel_calls"] = None
            given.pop("deterministic", None)
        result = original(*bound.args, **bound.kwargs)
        if parallel and not observer.local.quiet:
            try:
                random = _random_operations(result)
                if random or unordered:
                    _race(
                        observer,
                        f"tf.data {name}",
                        random,
                        remedy="num_parallel_calls=None" if random else "deterministic=True",
                    )
            except Exception as error:  # noqa: BLE001
                observer.once("tf.data: random operations", error)
        return result


def _options(observer: Observer, module: Any, sequential: bool) -> None:
    original = module.DatasetV2.with_options

    @replace(module.DatasetV2, "with_options")
    def with_options(self: Any, options: Any) -> Any:
        if getattr(options, "deterministic", None) is False and not observer.local.quiet:
            _race(observer, "tf.data deterministic=False", [], remedy="deterministic = True")
            if sequential:
                import copy

                options = copy.copy(options)
                options.deterministic = True
        return original(self, options)


def _datasets(observer: Observer, module: Any, sequential: bool) -> None:
    def all_of_them() -> None:
        for name in _PARALLEL:
            _parallel(observer, module, name, sequential)
        _options(observer, module, sequential)

    observer.hook("tf.data: parallel calls", "order", all_of_them)


def _sums(observer: Observer, module: Any) -> None:
    group = module.__name__.rpartition(".")[2]

    def wrap(name: str) -> None:
        original = getattr(module, name)

        @replace(module, name)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not observer.local.quiet and any(map(_rounds, (*args, *kwargs.values()))):
                observer.guarded(_race, observer, f"tensorflow: {name}", [], 3, "arithmetic")
            return original(*args, **kwargs)

    def all_of_them() -> None:
        for name in _SUMS[group]:
            wrap(name)

    observer.hook(f"tensorflow: sums of {group}", "arithmetic", all_of_them)


def _rounds(value: Any) -> bool:
    """Whether a value holds floating-point numbers, whose sum depends on their order."""
    kind, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
    floating = getattr(kind, "is_floating", False) or getattr(kind, "kind", "") in ("f", "c")
    return bool(floating) and 0 not in (shape if isinstance(shape, tuple) else getattr(shape, "dims", None) or ())


def _random_operations(dataset: Any) -> list[str]:
    """The kinds of operations in a dataset's function that draw at random or run Python, in their order."""
    function = getattr(getattr(dataset, "_map_func", None), "function", None)
    if function is None:
        return []
    found: list[str] = []
    graphs = [function.graph]
    seen: set[int] = set()
    while graphs:
        graph = graphs.pop()
        if id(graph) in seen:
            continue
        seen.add(id(graph))
        for operation in graph.get_operations():
            if any(part in operation.type for part in _RANDOM) and not operation.type.startswith("Stateless"):
                found.append(operation.type)
        for inner in getattr(graph, "_functions", {}).values():
            inner_graph = getattr(inner, "graph", None)
            if inner_graph is not None:
                graphs.append(inner_graph)
    return sorted(set(found))


def _map_fn(observer: Observer, module: Any, sequential: bool) -> None:
    def wrap(name: str) -> None:
        import inspect

        original = getattr(module, name)
        signature = inspect.signature(original)

        @replace(module, name)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:
                return original(*args, **kwargs)
            context = sys.modules["tensorflow.python.eager.context"]
            parallel = bound.arguments.get("parallel_iterations") or (1 if context.executing_eagerly() else 10)
            if parallel != 1:
                _race(observer, "tf.map_fn", [], remedy="parallel_iterations=1")
                if sequential:
                    bound.arguments["parallel_iterations"] = 1
            return original(*bound.args, **bound.kwargs)

    def both() -> None:
        for name in ("map_fn", "map_fn_v2"):
            wrap(name)

    observer.hook("tensorflow: map_fn", "order", both)


def _keras_workers(observer: Observer, module: Any, sequential: bool) -> None:
    def set_hook() -> None:
        kind = module.PyDatasetAdapter
        original = kind.__init__

        @replace(kind, "__init__")
        def __init__(self: Any, x: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            workers, processes = getattr(x, "workers", 1), getattr(x, "use_multiprocessing", False)
            if workers > 1 or (workers > 0 and processes):
                remedy = "use_multiprocessing=False" if processes else "workers=1"
                _race(observer, "Keras processes" if processes else "Keras workers", [], remedy=remedy)
                if sequential:
                    x.workers, x.use_multiprocessing = 1, False
            original(self, x, *args, **kwargs)

    observer.hook("keras: PyDataset workers", "order", set_hook)
