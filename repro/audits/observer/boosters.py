"""LightGBM and XGBoost: the seeds among the parameters of a model.

Their generators always start from one, by default from a fixed one, so that there is nothing to pin.
"""

import sys
from typing import Any

from .observer import Observer, replace

_FRAMES = 8  # from a model of the kind of scikit-learn's to its booster


def hook(observer: Observer) -> None:
    """Set the hooks of this file."""
    for name, booster, model in (
        ("lightgbm", "lightgbm.basic", "LGBMModel"),
        ("xgboost", "xgboost.core", "XGBModel"),
    ):
        _watch(observer, name, booster, model)


def _watch(observer: Observer, name: str, booster: str, model: str) -> None:
    add = observer.finder.add
    add(name, lambda module: observer.version(name, module))
    add(
        booster,
        lambda module: observer.hook(f"{name}: Booster", "boosting", lambda: _booster(observer, module, name)),
        "boosting",
    )
    add(
        f"{name}.sklearn",
        lambda module: observer.hook(f"{name}: {model}", "boosting", lambda: _model(observer, module, name, model)),
    )


def _is_a_seed(name: Any, value: Any) -> bool:
    named = isinstance(name, str) and (name == "random_state" or name.endswith("seed"))
    return named and not isinstance(value, bool) and (isinstance(value, int) or hasattr(value, "__index__"))


def _seeded(observer: Observer, params: Any, what: str) -> Any:
    """The parameters, with the seeds that are to be used in them."""
    if not isinstance(params, dict) or observer.local.quiet:
        return params
    used = {
        name: observer.seed(["boosting"], value, f"{what}({name}=)", level="own", depth=3)
        for name, value in params.items()
        if _is_a_seed(name, value)
    }
    return {**params, **used} if any(used[name] is not params[name] for name in used) else params


def _booster(observer: Observer, module: Any, name: str) -> None:
    original = module.Booster.__init__

    @replace(module.Booster, "__init__")
    def __init__(self: Any, params: Any = None, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        if not _called_by(f"{name}.sklearn"):  # that has told its seed where it was made
            params = _seeded(observer, params, f"{name}.Booster")
        original(self, params, *args, **kwargs)


def _model(observer: Observer, module: Any, name: str, model: str) -> None:
    kind = getattr(module, model)
    original = kind.__init__

    @replace(kind, "__init__")
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        if not _called_by("sklearn.base"):  # a copy must have the parameters that it is given
            kwargs = _seeded(observer, kwargs, f"{name}.{model}")
        original(self, *args, **kwargs)


def _called_by(module: str) -> bool:
    frame = sys._getframe(2)
    for _ in range(_FRAMES):
        if frame is None:
            return False
        if frame.f_globals.get("__name__") == module and frame.f_code.co_name != "__init__":
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
