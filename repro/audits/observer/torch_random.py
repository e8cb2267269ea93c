"""PyTorch: the seeds of its generators, and the operations that draw from the global one of the processor.

An operation that can draw has the tag `nondeterministic_seeded`
(https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/tags.yaml). It has drawn if the generator's state is
another one afterwards: dropout in evaluation has not. A function mode sees the operations that Python calls; what
`torch.compile` or TorchScript compile, and threads that the script starts, it does not see.
"""

import ctypes
import hashlib
from types import FunctionType
from typing import Any

from .observer import Observer, pose, replace, stand_in

_TAG = "nondeterministic_seeded"
_KNOWN = 4096  # operations that are remembered
_PLAIN, _DRAWS, _LOSS = range(3)  # what an operation does: nothing at random, may draw, takes gradients of a loss


def hook(observer: Observer) -> None:
    """Set the hooks and pins of this file."""
    add = observer.finder.add
    add("torch", lambda module: _imported(observer, module))
    add("torch.random", lambda module: observer.hook("torch: seeds", "torch", lambda: _seeds(observer, module)))
    add("torch.utils.data._utils.worker", lambda module: _workers(observer, module))


def _imported(observer: Observer, module: Any) -> None:
    observer.version("torch", module)
    observer.hook("torch: Generator", "torch", lambda: _generators(observer, module))
    observer.hook("torch: CUDA seeds", "torch", lambda: _cuda_seeds(observer, module))
    observer.hook("torch: operations", "torch", lambda: _operations(observer, module))
    seed = module.random.manual_seed

    def pin() -> None:
        observer.local.quiet += 1
        try:
            seed(observer.pinned)
        finally:
            observer.local.quiet -= 1

    observer.pin("torch", pin)


def _seeds(observer: Observer, module: Any) -> None:
    local = observer.local
    manual, unseeded = module.manual_seed, module.seed
    get, put = module.get_rng_state, module.set_rng_state

    def quietly(function: Any, *args: Any) -> Any:
        local.quiet += 1
        try:
            return function(*args)
        finally:
            local.quiet -= 1

    @replace(module, "manual_seed")
    def manual_seed(seed: Any) -> Any:
        if not local.quiet:
            seed = observer.seed(["torch"], seed, "torch.manual_seed")
        return quietly(manual, seed)

    @replace(module, "seed")
    def seed() -> Any:
        fixed = None if local.quiet else observer.birth("torch", "torch.seed")
        if fixed is None:
            return quietly(unseeded)
        number = int.from_bytes(fixed[:7], "big")
        quietly(manual, number)
        return number

    @replace(module, "get_rng_state")
    def get_rng_state() -> Any:
        state = get()
        if not local.quiet:
            observer.guarded(lambda: observer.kept("torch", _bytes(state)))
        return state

    @replace(module, "set_rng_state")
    def set_rng_state(new_state: Any) -> None:
        put(new_state)
        if not local.quiet:
            observer.guarded(lambda: observer.restored("torch", _bytes(new_state), "torch.set_rng_state"))


def _bytes(state: Any) -> bytes:
    """The bytes of a generator's state, a tensor of type uint8 in the memory of the processor."""
    return ctypes.string_at(state.data_ptr(), state.numel())


def _cuda_seeds(observer: Observer, module: Any) -> None:
    """The generators of GPUs: `torch.manual_seed` sets them too, these functions no other one."""
    cuda = module.cuda.random

    def watch(name: str) -> None:
        original = getattr(cuda, name)

        @replace(cuda, name)
        def call(seed: Any) -> Any:
            if not observer.local.quiet:
                seed = observer.seed(["torch"], seed, f"torch.cuda.{name}", level="own")
            return original(seed)

        setattr(module.cuda, name, call)

    for name in ("manual_seed", "manual_seed_all"):
        watch(name)


def _generators(observer: Observer, module: Any) -> None:
    base = module.Generator

    def manual_seed(self: Any, seed: Any) -> Any:
        if not observer.local.quiet and not observer.passes_on():
            what = "torch.Generator.manual_seed"
            seed = observer.seed(["torch"], seed, what, level="own", generator=observer.generator())
        return base.manual_seed(self, seed)

    def seed(self: Any) -> Any:
        fixed = None
        if not observer.local.quiet:
            fixed = observer.birth("torch", "torch.Generator.seed", generator=observer.generator())
        if fixed is None:
            return base.seed(self)
        number = int.from_bytes(fixed[:7], "big")
        base.manual_seed(self, number)
        return number

    module.Generator = stand_in(base, "torch", {"manual_seed": manual_seed, "seed": seed})


def _operations(observer: Observer, module: Any) -> None:
    operations = _Operations(observer, module)
    compiler, local, known = module.compiler, observer.local, operations.known

    class Watching(module.overrides.TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            if compiler.is_compiling() or local.quiet:
                return func(*args, **kwargs)
            kind = known.get(func)
            if kind is None:
                kind = operations.kind_of(func)
                if len(known) < _KNOWN:  # some are made anew for each call
                    known[func] = kind
            if kind == _DRAWS:
                return operations.draw(func, args, kwargs)
            if kind == _LOSS:
                observer.guarded(observer.torch_steps.backward, args)
            return func(*args, **kwargs)

    watching = Watching()
    watching.__enter__()
    _leave_quick_ways(module, watching)


def _leave_quick_ways(module: Any, watching: Any) -> None:
    """Let the layers of attention take the quick ways that they take without us, which round otherwise: they ask here
    whether something overrides functions (torch/nn/modules/transformer.py, activation.py)."""
    compiled, has = module._C, module.overrides.has_torch_function
    plain, none = (module.Tensor, module.nn.Parameter), module._C._disabled_torch_function_impl

    def has_torch_function(arguments: Any) -> Any:
        if module.compiler.is_compiling():  # `torch.compile` reads this code: it knows no function of C by this name
            return any(
                type(one) not in plain and getattr(type(one), "__torch_function__", none) is not none
                for one in arguments
            )
        if compiled._len_torch_function_stack() != 1:
            return has(arguments)
        mode = compiled._pop_torch_function_stack()
        try:
            return has(arguments) or mode is not watching
        finally:
            compiled._push_on_torch_function_stack(mode)

    module.overrides.has_torch_function = pose(has_torch_function, has, has.__module__)


class _Operations:
    """What operations do, and the draws of those that may draw."""

    def __init__(self, observer: Observer, module: Any) -> None:
        self.observer, self.module = observer, module
        self.known: dict[Any, int] = {}
        self.named: dict[str, int] = {}
        self.generator = module.default_generator

    def kind_of(self, function: Any) -> int:
        if isinstance(function, FunctionType):  # of `torch.nn.functional`: what it calls is not seen by itself
            return _LOSS if function is self.module.Tensor.backward else _DRAWS
        name = getattr(function, "__name__", "")
        if name.startswith("__"):  # `__get__` of an attribute, `__add__`
            return _PLAIN
        if name in self.named:
            return self.named[name]
        compiled = self.module._C
        overloads = compiled._jit_get_operation("aten::" + name)[1] or ()
        found = (compiled._get_operation_overload("aten::" + name, one) for one in overloads)
        tags = {getattr(tag, "name", str(tag)) for one in found if one is not None for tag in one[2]}
        self.named[name] = _DRAWS if any(tag.endswith(_TAG) for tag in tags) else _PLAIN
        return self.named[name]

    def draw(self, function: Any, args: Any, kwargs: Any) -> Any:
        before = _bytes(self.generator.get_state())
        if self.observer.draws_freely(2):
            result = _freely(self.module, self.generator, function, args, kwargs)
        else:
            result = function(*args, **kwargs)
        after = _bytes(self.generator.get_state())
        if after != before:
            self.observer.guarded(self.note, function, after, result)
        return result

    def note(self, function: Any, after: bytes, result: Any) -> None:
        observer = self.observer
        value = int.from_bytes(hashlib.blake2b(after, digest_size=8).digest(), "big")
        drawn: tuple[int, ...] = ()
        if not observer.seeded.get("torch") and getattr(result, "dtype", None) == self.module.int64:
            drawn = (int(result),) if result.numel() == 1 else ()  # it may become a seed, as a DataLoader's
        observer.draw("torch", f"torch.{function.__name__}", value, drawn, 4)


def _freely(module: Any, generator: Any, function: Any, args: Any, kwargs: Any) -> Any:
    """What an operation draws from a state of its own; the generator is left as it would be without that."""

    def copied(value: Any) -> Any:
        return value.detach().clone() if isinstance(value, module.Tensor) else value

    start = generator.get_state()
    with module.no_grad():
        function(*map(copied, args), **{name: copied(value) for name, value in kwargs.items()})
    end = generator.get_state()
    generator.set_state(start)
    generator.seed()
    result = function(*args, **kwargs)
    generator.set_state(end)
    return result


def _workers(observer: Observer, module: Any) -> None:
    """A DataLoader's worker seeds with what the script's process drew for it: such a seed passes on, and is nobody's
    own. One that the person makes of it again, as `worker_init_fn` does, is known by its value."""

    def set_hook() -> None:
        observer.passing_on.add("torch.utils.data")
        original = module._worker_loop

        @replace(module, "_worker_loop")
        def _worker_loop(*args: Any, **kwargs: Any) -> Any:
            if not observer.seeded.get("torch"):
                for value in args:
                    if type(value) is int and value > 1 << 32:  # the loader's seed, among sizes and numbers
                        for worker in range(256):
                            observer.remember(0, value + worker)
                            observer.remember(0, (value + worker) % (1 << 32))
            return original(*args, **kwargs)

    observer.hook("torch: DataLoader workers", "torch", set_hook)
