"""The picture of a plan: dollars an hour for any number of typists, on each kind of machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from foretype.capacity.cost import ARTICLE
from foretype.capacity.plan import Plan, Wanted, article_plan, plan_for
from foretype.support.picture import Chart, Point, Tone, axis_between

TONES: tuple[Tone, ...] = ("first", "second", "third")
POINTS = 200  # of a line
LOWEST = 10.0  # typists


def draw(wanted: Wanted, plans: Sequence[Plan], article: Plan) -> Chart:
    right = max(10_000.0, 2.0 * wanted.typists)
    lines: list[tuple[str, Tone, Callable[[float], float]]] = [(article.kind, "limit", _at(wanted, article))]
    lines += [
        (_short(plan.kind), TONES[number % len(TONES)], _at(wanted, plan))
        for number, plan in enumerate(plans)
    ]
    most = max(cost(right) for _, _, cost in lines)
    least = min(cost(LOWEST) for _, _, cost in lines)
    chart = Chart(
        "Cost by the number of typists",
        f"{wanted.typists:,} people who type at once, with {wanted.head_room:.0%} head room: "
        + ", ".join(f"{plan.machines:,} machines" for plan in plans),
        "; ".join(f"{plan.model} on {plan.kind}" for plan in plans),
        axis_between("people who type at once", LOWEST, right, log=True),
        axis_between("dollars an hour", least / 2, most * 2, log=True),
    )
    for kind, tone, cost in lines:
        chart.line(_points(cost, right), tone)
        chart.dot(wanted.typists, cost(wanted.typists), tone)
        said = f"{kind}: ${cost(wanted.typists):,.2f}"
        chart.note_apart(wanted.typists, cost(wanted.typists), said, tone, strong=True)
    chart.dot(ARTICLE.typists, ARTICLE.dollars, "limit", hollow=True)
    chart.note_apart(ARTICLE.typists, ARTICLE.dollars, f"{ARTICLE.machines} machines", "limit")
    return chart


def _at(wanted: Wanted, plan: Plan) -> Callable[[float], float]:
    """Dollars an hour by the number of typists, on the machines of `plan`."""

    def cost(typists: float) -> float:
        for_so_many = Wanted(max(1, round(typists)), wanted.head_room, wanted.servers_a_machine)
        if plan.measured is None:
            return article_plan(for_so_many).dollars
        return plan_for(for_so_many, plan.measured, plan.price).dollars

    return cost


def _points(cost: Callable[[float], float], right: float) -> list[Point]:
    typists = (LOWEST * (right / LOWEST) ** (step / POINTS) for step in range(POINTS + 1))
    return [(at, cost(at)) for at in typists]


def _short(kind: str) -> str:
    """The device or the processor, and its cores."""
    return ", ".join(kind.split(", ")[:2])
