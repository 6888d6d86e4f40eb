"""What a value should have been, in words: pydantic's own sentences are for programmers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "string": "a text",
    "path": "a path",
    "tuple": "a list of texts, separated by commas",
}
_BOUNDS = ("ge", "gt", "le", "lt")


def expected(
    problem: Mapping[str, Any], metadata: Iterable[object] = (), *, whole: bool = True
) -> str | None:
    """The end of “this must be …” for one of pydantic's errors; None for an error that has words of its own.

    metadata: of the field, with its bounds. whole: whether a number that is out of bounds should be whole.
    """
    what = str(problem["type"])
    context = problem.get("ctx", {})
    if what in ("enum", "literal_error"):
        return f"one of {context['expected']}"
    if what.startswith(("greater_than", "less_than")):
        kind = _KINDS["int" if whole else "float"]
        bounds = context
    elif (found := _KINDS.get(what.partition("_")[0])) is not None:
        kind = found
        bounds = {}
    else:
        return None
    bounds = {**bounds, **_bounds(metadata)}
    return kind + _range(bounds)


def _bounds(metadata: Iterable[object]) -> dict[str, float]:
    return {
        name: value
        for one in metadata
        for name in _BOUNDS
        if isinstance(value := getattr(one, name, None), int | float)
    }


def _range(bounds: Mapping[str, float]) -> str:
    least, above, most, below = (bounds.get(name) for name in _BOUNDS)
    if least is not None and most is not None:
        return f" from {least:,} to {most:,}"
    ends = [
        f"{word} {value:,}"
        for word, value in (("at least", least), ("above", above), ("at most", most), ("below", below))
        if value is not None
    ]
    return f", {' and '.join(ends)}" if ends else ""
