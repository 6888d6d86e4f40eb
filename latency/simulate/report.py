"""A simulated day as a table, as a JSON file and as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from foretype.support.picture import Axis, Box, Panel, Picture
from latency.figures_file import write_figures
from latency.simulate.curve import Curve
from latency.simulate.day import HOUR_S, Day
from latency.simulate.fleet import STEP_S, Events, Moment
from latency.simulate.many import ManyServers
from latency.simulate.measured import Measured
from latency.table_cells import percent

LOOK_BACK_S = 300.0  # a row's share of missed keystrokes is that of the last five minutes
AFTER_EVENT = (0.0, 1 / 60, 3 / 60, 10 / 60)  # hours after an event that have a row
SPIKES = "each spike: replicas end (fewer are needed, update, lost zone), and their people connect to others"
FROM, UNTIL = 6, 21  # hours of the table and of the picture
WIDTH, HEIGHT = 880, 664
ROUND = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10, 12)


@dataclass(frozen=True, slots=True)
class DayReport:
    measured: Measured
    curve: Curve
    day: Day
    events: Events
    price: float
    moments: Sequence[Moment]
    many: Sequence[ManyServers]

    @property
    def missed_share(self) -> float:
        return missed_share(self.moments)

    @property
    def worst_share(self) -> float:
        """Of the worst five minutes in which anybody typed much."""
        steps = round(LOOK_BACK_S / STEP_S)
        most = max(moment.keystrokes for moment in self.moments)
        ends = [end for end in range(steps, len(self.moments)) if self.moments[end].keystrokes > most / 10]
        return max((missed_share(self.moments[end - steps + 1 : end + 1]) for end in ends), default=0.0)

    @property
    def dollars(self) -> float:
        return dollars(self.moments, self.price)

    @property
    def most_replicas(self) -> int:
        return max(moment.ready for moment in self.moments)

    def flat(self) -> dict[str, float]:
        return {
            "missed_share": self.missed_share,
            "worst_five_minutes_missed_share": self.worst_share,
            "dollars": self.dollars,
            "replicas_most": float(self.most_replicas),
            "one_server_typists": self.curve.served,
        }


def missed_share(moments: Sequence[Moment]) -> float:
    keystrokes = sum(moment.keystrokes for moment in moments)
    return sum(moment.missed for moment in moments) / keystrokes if keystrokes else 0.0


def dollars(moments: Sequence[Moment], price: float) -> float:
    return sum(moment.paid for moment in moments) * price * STEP_S / HOUR_S


def write_json(report: DayReport, file: Path) -> None:
    per_minute = report.moments[:: round(60 / STEP_S)]
    write_figures(
        file,
        {
            "flat": report.flat(),
            "measured_on": report.measured.machine,
            "model": report.measured.model,
            "day": asdict(report.day),
            "events": asdict(report.events),
            "many": [asdict(one) for one in report.many],
            "minutes": [asdict(moment) for moment in per_minute],
        },
    )


def print_report(report: DayReport, console: Console) -> None:
    measured, day = report.measured, report.day
    console.print(
        f"{day.people:,} people, {measured.model}, run times of {measured.machine}. People at work type "
        f"{percent(day.typing_share, 0)} of the time, at {measured.wpm:g} words a minute.",
        soft_wrap=True,
    )
    console.print(_server_table(report.curve))
    console.print(_day_table(report))
    console.print(
        f"All day: {percent(report.missed_share, 2)} of the keystrokes were late, refused or lost while a "
        f"typist was moved; in the worst five minutes {percent(report.worst_share, 1)}. At most "
        f"{report.most_replicas} replicas, ${report.dollars:,.2f} for the day.",
        soft_wrap=True,
    )
    for many in report.many:
        spread = f", sockets up to {many.uneven:.0%} from even" if many.uneven else ", even sockets"
        console.print(
            f"{many.servers} servers{spread}, people who type 1/{many.people_a_typist:.3g} of the time: "
            f"{many.typing:,.0f} typists at once, {many.ratio:.2f} × {many.servers} × what one serves "
            f"({report.curve.served:.0f}).",
            soft_wrap=True,
        )


def _server_table(curve: Curve) -> Table:
    table = Table(title="One server, simulated", title_justify="left")
    for name in ("typists", "model busy for keystrokes", "p95, ms", "missed"):
        table.add_column(name, justify="right")
    rows = zip(curve.typists[1:], curve.busy[1:], curve.p95_ms[1:], curve.missed[1:], strict=True)
    for typists, busy, p95, missed in rows:
        table.add_row(f"{typists:.0f}", percent(busy, 0), f"{p95:.0f}", percent(missed, 1))
    return table


def _day_table(report: DayReport) -> Table:
    table = Table(title="The day", title_justify="left")
    for name in ("", "there", "typing", "replicas", "paid", "busy", "missed", "dollars"):
        table.add_column(name, justify="right")
    for hour, what in _hours(report.events):
        at = min(len(report.moments), max(1, math.ceil(hour * HOUR_S / STEP_S)))
        moment = report.moments[at - 1]
        recent = report.moments[max(0, at - round(LOOK_BACK_S / STEP_S)) : at]
        table.add_row(
            f"{int(hour):02d}:{round(hour % 1 * 60):02d}{what}",
            f"{moment.people:,}",
            f"{moment.typing:,}",
            str(moment.ready),
            str(moment.paid),
            percent(moment.busy, 0),
            percent(missed_share(recent), 2),
            f"{dollars(report.moments[:at], report.price):,.2f}",
        )
    return table


def _hours(events: Events) -> list[tuple[float, str]]:
    """The rows of the table: hours of the day, and what happens then."""
    named = {float(hour): "" for hour in range(FROM, UNTIL + 1)}
    for at, name in ((events.update, "update"), (events.zone_lost, "zone lost")):
        if at is not None:
            named |= {at + after: f", {name}" if not after else "" for after in AFTER_EVENT}
    return sorted(named.items())


# -- the picture --------------------------------------------------------


def draw(report: DayReport) -> Picture:
    picture = Picture(
        WIDTH,
        HEIGHT,
        f"A day of {report.day.people:,} people, simulated",
        f"{report.most_replicas} replicas at most, ${report.dollars:,.0f}, "
        f"{percent(report.missed_share, 2)} of the keystrokes missed",
        f"{report.measured.model}, run times of {report.measured.machine}",
    )
    shown = [moment for moment in report.moments if FROM * HOUR_S <= moment.at <= UNTIL * HOUR_S]
    _draw_replicas(picture, shown, report)
    _draw_missed(picture, shown, report.events)
    return picture


def _draw_replicas(picture: Picture, shown: Sequence[Moment], report: DayReport) -> None:
    most = _round_up(max(moment.paid for moment in shown))
    panel = Panel(picture, Box(64, 100, 840, 330), _time_axis(), _axis("replicas", most, "{:.0f}"))
    _mark(panel, report.events, most)
    panel.line([(moment.at / HOUR_S, float(moment.paid)) for moment in shown], "second", width=1.5)
    panel.line([(moment.at / HOUR_S, float(moment.ready)) for moment in shown], "first", width=1.5)
    panel.note(UNTIL, most, "ready", "first", anchor="end", shift=(-4, 18), strong=True)
    panel.note(UNTIL, most, "ready or starting (paid)", "second", anchor="end", shift=(-4, 36), strong=True)


def _draw_missed(picture: Picture, shown: Sequence[Moment], events: Events) -> None:
    # In the evening a single person's keystrokes are a large share.
    enough = max(moment.keystrokes for moment in shown) / 20
    shares = [
        (moment.at / HOUR_S, 100 * moment.missed / moment.keystrokes)
        for moment in shown
        if moment.keystrokes > enough
    ]
    most = max(share for _, share in shares)
    high = _round_up(most)
    panel = Panel(
        picture, Box(64, 400, 840, 550), _time_axis(), _axis("% of keystrokes missed, in 15 s", high, "{:g}")
    )
    _mark(panel, events, high)
    panel.line(shares, "limit", width=1.5)
    picture.write(64, 624, SPIKES, "", "limit")


def _mark(panel: Panel, events: Events, high: float) -> None:
    for at, name in ((events.update, "update"), (events.zone_lost, "zone lost")):
        if at is not None:
            panel.line([(at, 0), (at, high)], "soft", width=1, dashes="4 4")
            panel.note(at, high, name, "soft", shift=(5, 10))


def _time_axis() -> Axis:
    return Axis("time of day", FROM, UNTIL, [(hour, f"{hour}:00") for hour in range(FROM, UNTIL + 1, 3)])


def _axis(title: str, high: float, form: str) -> Axis:
    return Axis(title, 0, high, [(high * part / 4, form.format(high * part / 4)) for part in range(5)])


def _round_up(value: float) -> float:
    """To the next number whose quarters are short."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-6)))
    return next(factor * power for factor in ROUND if factor * power >= value)
