"""How what libraries make is read: NumPy, data frames, TensorFlow and Keras, PyTorch, JAX, trees."""

# ruff: noqa: ARG001  # each row of the table takes the same arguments

import sys
from typing import Any

from .digest_walk import (
    MAX_BYTES,
    MAX_ITEMS,
    SHOWN,
    Node,
    Part,
    Walk,
    hash_of_bytes,
    hashed,
    listed,
    name_of,
    namespace_of,
    opaque,
    own_attributes,
    qualified_name,
    row,
)

# NumPy


@row("numpy.ndarray")
def _ndarray(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    node = walk.array(value)
    mask = own_attributes(value).get("_mask") if name_of(type(value)).startswith("numpy.ma") else None
    if mask is None:
        return node
    return Node(hashed(node.digest, walk.node(mask, level + 1, objects).digest), node.shown, node.parts)


@row("numpy.generic")
def _generic(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return Node(hashed(name_of(type(value)).encode(), base.tobytes(value)), str(base.item(value)))


@row("numpy.random._generator.Generator")
def _generator(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return _state(walk, value.bit_generator.state, "its state")


@row("numpy.random.bit_generator.BitGenerator")
def _bits(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return _state(walk, value.state, "its state")


@row("numpy.random.mtrand.RandomState")
def _random_state(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return _state(walk, base.get_state(value, legacy=False), "its state")


@row("random.SystemRandom")
def _system_random(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return opaque(value)


@row("_random.Random")
def _random(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return _state(walk, base.getstate(value), "its state")


def _state(walk: Walk, state: Any, name: str) -> Node:
    node = walk.node(state, 1, 1)
    return Node(hashed(b"generator", node.digest), f"a generator in state {node.digest.hex()}")


# Data frames


@row("pandas.DataFrame", "pandas.core.frame.DataFrame")
def _frame(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    manager = own_attributes(value)["_mgr"]
    columns, index = manager.axes
    names = [str(name) for name in columns.tolist()] if len(columns) <= 1000 else list(map(str, range(len(columns))))
    named = [(".columns", columns), (".index", index)]
    named += [(f"[{name!r}]", manager.iget_values(number)) for number, name in enumerate(names)]
    return walk.arrays("frame", named, f"<DataFrame, {len(index)} rows of {', '.join(names[:SHOWN])}>")


@row("pandas.Series", "pandas.core.series.Series")
def _series(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    manager = own_attributes(value)["_mgr"]
    held = walk.node(manager.internal_values(), 1, 1)
    index = walk.node(manager.axes[0], 1, 1)
    parts = (Part(".index", index.digest.hex(), index.shown), *held.parts)
    return Node(hashed(b"series", held.digest, index.digest), held.shown, parts)


@row("pandas.RangeIndex", "pandas.core.indexes.range.RangeIndex")
def _range_index(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return walk.node(value._range, level, objects)


@row("pandas.MultiIndex", "pandas.core.indexes.multi.MultiIndex")
def _multi_index(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return walk.arrays("index", [("", list(value._levels)), ("", list(value._codes))], "<MultiIndex>")


@row("pandas.Index", "pandas.core.indexes.base.Index")
def _index(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return walk.node(value._data, level, objects)


@row("pandas.core.arrays.base.ExtensionArray", "pandas.api.extensions.ExtensionArray")
def _extension(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    names = ("_ndarray", "_data", "_mask", "_pa_array", "_sparse_values", "_sparse_index", "_left", "_right", "_dtype")
    named = [(name, getattr(value, name, None)) for name in names]
    if name_of(type(value)).endswith(".Categorical"):
        named.append(("categories", value.categories))
    else:
        named.pop()
    shown = next((walk.node(one, 1, 1).shown for _, one in named if one is not None), "")
    return walk.arrays("extension", [one for one in named if one[1] is not None], shown)


@row("polars.dataframe.frame.DataFrame")
def _polars(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    columns = base.get_columns(value)
    named = [(f"[{column.name!r}]", column) for column in columns]
    names = ", ".join(column.name for column in columns[:SHOWN])
    return walk.arrays("frame", named, f"<DataFrame, {len(columns[0]) if columns else 0} rows of {names}>")


@row("polars.series.series.Series")
def _polars_series(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    walk.work += 16 * len(value)
    head = f"{value.dtype} {len(value)} {value.name}".encode()
    values = base.to_list(value) if len(value) <= MAX_ITEMS // 4 else None
    # Its hash is the same in each process, of one version of Polars.
    node = walk.sequence("series", values, 1, 1) if values is not None else walk.array(base.hash(value).to_numpy())
    return Node(hashed(head, node.digest), node.shown, node.parts)


@row("pyarrow.lib.Table", "pyarrow.lib.RecordBatch")
def _table(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    named = [(f"[{name!r}]", value.column(number)) for number, name in enumerate(value.schema.names)]
    return walk.arrays("table", named, f"<Table, {value.num_rows} rows of {', '.join(value.schema.names[:SHOWN])}>")


@row("pyarrow.lib.ChunkedArray", "pyarrow.lib.Array")
def _arrow(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    kept = value.slice(0, MAX_ITEMS // 4)
    walk.whole = walk.whole and len(kept) == len(value)
    return walk.sequence(f"{value.type} {len(value)}", kept.to_pylist(), 1, 1)


# TensorFlow and Keras


@row("tensorflow.python.framework.ops._EagerTensorBase", "tensorflow.python.framework.ops.EagerTensor")
def _eager(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    numpy: Any = sys.modules["numpy"]
    try:
        return walk.array(numpy.asarray(value._numpy()), "tensor")
    except Exception:  # noqa: BLE001  # A resource or a variant: it has no value.
        return opaque(value)


@row("tensorflow.python.framework.tensor.Tensor")
def _symbolic(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return opaque(value)


@row("tensorflow.python.ops.resource_variable_ops.BaseResourceVariable")
def _variable(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    context = sys.modules["tensorflow.python.eager.context"]
    if walk.read_variable is None or not context.executing_eagerly():
        return opaque(value)
    return walk.array(walk.read_variable(value), "variable")


@row("tensorflow.python.ops.stateful_random_ops.Generator")
def _tf_generator(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return _state(walk, own_attributes(value)["_state_var"], "its state")


@row("keras.src.backend.common.variables.Variable")
def _keras_variable(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    held = own_attributes(value).get("_value")
    return opaque(value) if held is None else walk.node(held, level, objects)


@row("keras.src.layers.layer.Layer", "tf_keras.src.engine.base_layer.Layer", "keras.engine.base_layer.Layer")
def _layer(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    """A layer or a model by its weights, and the state of its optimizer."""
    get = namespace_of(base).get("variables") or namespace_of(base)["weights"]
    named = [(f".weights[{number}]", one) for number, one in enumerate(get.__get__(value))]
    return walk.arrays(name_of(type(value)), named, f"<{qualified_name(type(value))}, {len(named)} arrays of weights>")


@row("keras.src.optimizers.base_optimizer.BaseOptimizer")
def _optimizer(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    named = [(f".variables[{number}]", one) for number, one in enumerate(own_attributes(value).get("_variables") or ())]
    return walk.arrays(name_of(type(value)), named, f"<{qualified_name(type(value))}>")


@row("keras.src.callbacks.history.History")
def _history(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    own = own_attributes(value)
    return walk.arrays("history", [(".history", own.get("history")), (".model", own.get("_model"))], "<History>")


# PyTorch


@row("torch.Tensor", "torch._C.TensorBase", "torch._C._TensorBase")
def _tensor(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    import ctypes

    torch: Any = sys.modules["torch"]
    with torch._C.DisableTorchFunction():
        held = value.detach()
        if held.layout is not torch.strided:
            held = held.coalesce() if held.layout is torch.sparse_coo else held.to_dense()
            if held.layout is torch.sparse_coo:
                return walk.arrays("sparse", [("", held.indices()), ("", held.values())], "<sparse tensor>")
        held = held.cpu().resolve_conj().resolve_neg().contiguous()
        size = held.numel() * held.element_size()
        walk.work += min(size, MAX_BYTES)
        flat = held.reshape(-1)
        head = f"tensor {held.dtype} {tuple(held.shape)}".encode()
        if size > MAX_BYTES:
            walk.whole = False
        kept = min(size, MAX_BYTES)
        data = (ctypes.c_char * kept).from_address(flat.data_ptr()) if kept else b""
        made = hash_of_bytes(memoryview(data).cast("B"))
        shown = listed([str(one) for one in flat[: SHOWN + 1].tolist()], "[]", held.numel())
    shape = " × ".join(map(str, held.shape))
    kind = str(held.dtype).rpartition(".")[2]
    return Node(hashed(head, made.encode()), f"{shown} ({kind}{', ' + shape if shape else ''})")


@row("torch.nn.modules.module.Module")
def _module(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    named: list[tuple[str, Any]] = []

    def add(module: Any, path: str) -> None:
        own = own_attributes(module)
        for group in ("_parameters", "_buffers"):
            named.extend((f"{path}.{name}", one) for name, one in own.get(group, {}).items() if one is not None)
        for name, one in own.get("_modules", {}).items():
            if one is not None:
                add(one, f"{path}.{name}")

    add(value, "")
    return walk.arrays(name_of(type(value)), named, f"<{qualified_name(type(value))}, {len(named)} tensors>")


@row("torch._C.Generator")
def _torch_generator(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return _state(walk, base.get_state(value), "its state")


# JAX


@row("jaxlib._jax.ArrayImpl", "jaxlib.xla_extension.ArrayImpl", "jax._src.array.ArrayImpl", "jaxlib._jax.Array")
def _jax(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    numpy: Any = sys.modules["numpy"]
    if value.is_deleted():
        return opaque(value)
    return walk.array(numpy.asarray(value), "jax")


@row("jax._src.core.Tracer", "jax.core.Tracer")
def _tracer(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return opaque(value)


# Trees


@row("sklearn.tree._tree.Tree")
def _tree(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return walk.mapping("tree", list(base.__getstate__(value).items()), level, objects)


@row("xgboost.core.Booster")
def _xgboost(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return walk.node(bytes(base.save_raw(value)), level, objects)


@row("lightgbm.basic.Booster")
def _lightgbm(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return walk.node(base.model_to_string(value), level, objects)
