"""ONNX converters for the parts of our pipelines that skl2onnx does not know."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from components.preparation.features import Calendar
from components.serving.engines import CALENDAR_UNITS


@cache
def register() -> None:
    """Make them known to skl2onnx."""
    from skl2onnx import update_registered_converter

    for kind, name, shape, convert in (
        (Calendar, "EvergreenCalendar", _calendar_shape, _calendar),
        (SimpleImputer, "EvergreenImputer", _imputer_shape, _imputer),
        (FunctionTransformer, "EvergreenClip", _same_shape, _clip),
        (OneHotEncoder, "EvergreenOneHot", _one_hot_shape, _one_hot),
    ):
        update_registered_converter(kind, name, shape, convert, overwrite=True)


_NO_NUMBER = np.array(-1.0, dtype=np.float32)
"""What stands for NaN among months, weekdays and hours."""


def _width(variable: Any) -> int:
    return int(variable.type.shape[1])


def _same_shape(operator: Any) -> None:
    _float(operator, _width(operator.inputs[0]))


def _calendar_shape(operator: Any) -> None:
    _float(operator, len(Calendar.PARTS) * operator.raw_operator.n_features_in_)


def _imputer_shape(operator: Any) -> None:
    imputer = operator.raw_operator
    indicators = 0 if imputer.indicator_ is None else len(imputer.indicator_.features_)
    _float(operator, len(imputer.statistics_) + indicators)


def _one_hot_shape(operator: Any) -> None:
    _float(operator, len(operator.raw_operator.get_feature_names_out()))


def _float(operator: Any, width: int) -> None:
    from skl2onnx.common.data_types import FloatTensorType

    operator.outputs[0].type = FloatTensorType([None, width])


def _calendar(scope: Any, operator: Any, container: Any) -> None:
    from skl2onnx.algebra.onnx_ops import OnnxConcat, OnnxDiv, OnnxFloor, OnnxGather, OnnxMul, OnnxSub

    version, parts = container.target_opset, []
    for place in range(operator.raw_operator.n_features_in_):
        rest = OnnxGather(operator.inputs[0], np.array([place]), axis=1, op_version=version)
        for unit in CALENDAR_UNITS:
            step = np.array([unit], dtype=np.float32)
            part = OnnxFloor(OnnxDiv(rest, step, op_version=version), op_version=version)
            parts.append(part)
            rest = OnnxSub(rest, OnnxMul(part, step, op_version=version), op_version=version)
        parts.append(rest)
    _finish(OnnxConcat(*parts, axis=1, op_version=version, output_names=operator.outputs), scope, container)


def _same(scope: Any, operator: Any, container: Any) -> None:
    from skl2onnx.algebra.onnx_ops import OnnxIdentity

    _add(OnnxIdentity, scope, operator, container, operator.inputs[0])


def _imputer(scope: Any, operator: Any, container: Any) -> None:
    from skl2onnx.algebra.onnx_ops import OnnxCast, OnnxConcat, OnnxGather, OnnxIsNaN, OnnxWhere

    version, imputer, given = container.target_opset, operator.raw_operator, operator.inputs[0]
    if imputer.strategy != "median" or not imputer.keep_empty_features:
        raise NotImplementedError("an imputer other than ours")
    # A column without any value is filled with 0.
    filling = np.nan_to_num(imputer.statistics_, nan=0.0).astype(np.float32).reshape(1, -1)
    missing = OnnxIsNaN(given, op_version=version)
    filled = OnnxWhere(missing, filling, given, op_version=version)
    if imputer.indicator_ is None or not len(imputer.indicator_.features_):
        _finish(
            OnnxWhere(missing, filling, given, op_version=version, output_names=operator.outputs),
            scope,
            container,
        )
        return
    places = imputer.indicator_.features_.astype(np.int64)
    flags = OnnxCast(OnnxGather(missing, places, axis=1, op_version=version), to=1, op_version=version)
    _finish(
        OnnxConcat(filled, flags, axis=1, op_version=version, output_names=operator.outputs), scope, container
    )


def _one_hot(scope: Any, operator: Any, container: Any) -> None:
    """One lookup and one comparison per column; skl2onnx's own fails on a category that was never seen."""
    from skl2onnx.algebra.onnx_ops import (
        OnnxCast,
        OnnxConcat,
        OnnxEqual,
        OnnxGather,
        OnnxIsNaN,
        OnnxLabelEncoder_2,
        OnnxWhere,
    )

    version, encoder, parts = container.target_opset, operator.raw_operator, []
    given = OnnxConcat(*operator.inputs, axis=1, op_version=version)
    for place, (places, otherwise, width) in enumerate(_places(encoder)):
        column = OnnxGather(given, np.array([place]), axis=1, op_version=version)
        keys = list(places)
        kind = "keys_strings" if isinstance(keys[0], str) else "keys_floats"
        if kind == "keys_floats":
            # The runtime's lookup does not find a NaN.
            column = OnnxWhere(OnnxIsNaN(column, op_version=version), _NO_NUMBER, column, op_version=version)
            keys = [float(_NO_NUMBER) if key != key else key for key in keys]
        found = OnnxLabelEncoder_2(
            column,
            op_version=version,
            domain="ai.onnx.ml",
            **{kind: keys, "values_int64s": list(places.values()), "default_int64": otherwise},
        )
        here = OnnxEqual(found, np.arange(width, dtype=np.int64).reshape(1, -1), op_version=version)
        parts.append(OnnxCast(here, to=1, op_version=version))
    _finish(OnnxConcat(*parts, axis=1, op_version=version, output_names=operator.outputs), scope, container)


def _places(encoder: OneHotEncoder) -> Iterator[tuple[dict[Any, int], int, int]]:
    """Of each column: the output that a category sets, the one that an unseen category sets (-1: none), and how many."""
    for place, categories in enumerate(encoder.categories_):
        infrequent = encoder.infrequent_categories_[place] if encoder.min_frequency else None
        # In the encoder's order: a set's differs from process to process, and the bytes decide the model's digest.
        rare = [] if infrequent is None else list(infrequent)
        frequent = [name for name in categories if name not in rare]
        others = len(frequent)
        places = {name: i for i, name in enumerate(frequent)} | dict.fromkeys(rare, others)
        keys = {name if isinstance(name, str) else float(name): i for name, i in places.items()}
        yield keys, others if rare else -1, others + bool(rare)


def _clip(scope: Any, operator: Any, container: Any) -> None:
    from skl2onnx.algebra.onnx_ops import OnnxClip

    function = operator.raw_operator
    if function.func is None:  # what "passthrough" becomes
        _same(scope, operator, container)
        return
    if function.func is not np.clip:
        raise NotImplementedError("a function other than clip")
    bounds = [np.array([function.kw_args[name]], dtype=np.float32) for name in ("a_min", "a_max")]
    _add(OnnxClip, scope, operator, container, operator.inputs[0], *(bound.reshape(()) for bound in bounds))


def _add(node: Any, scope: Any, operator: Any, container: Any, *inputs: Any) -> None:
    _finish(node(*inputs, op_version=container.target_opset, output_names=operator.outputs), scope, container)


def _finish(node: Any, scope: Any, container: Any) -> None:
    node.add_to(scope, container)
