"""The figures of one package's provider: as tables, in JSON, and as lines of docs/providers.md. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.table import Table

from foretype.prepare.provider_trial import Trial
from latency.providers.attention_forms import FormResult
from latency.table_cells import NO_FIGURE, markdown_table, number


@dataclass(frozen=True, slots=True)
class ProviderFigures:
    """A provider in one environment. packages: what brings it, with versions. forms: of the attention. trial:
    of the whole model. notes: why something is missing, as sentences.
    """

    provider: str
    packages: str
    forms: Sequence[FormResult] = ()
    trial: Trial | None = None
    notes: Sequence[str] = field(default_factory=list)

    @property
    def was_tried(self) -> bool:
        return bool(self.forms) or self.trial is not None

    def as_json(self) -> dict[str, object]:
        refusal = None if self.trial is None else self.trial.refusal
        return asdict(self) | {"refusal": refusal}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> ProviderFigures:
        trial = found["trial"]
        return cls(
            found["provider"],
            found["packages"],
            [FormResult(**form) for form in found["forms"]],
            None if trial is None else Trial(**{**trial, "left": tuple(trial["left"])}),
            found["notes"],
        )


MODEL_HEADINGS = ("Nodes taken", "Logits apart", "Bits per byte", "On the CPU", "Step", "On the CPU", "Ratio")
FORM_HEADINGS = ("Form", "Nodes taken", "Largest difference", "Run, ms", "On the CPU, ms")


def model_table(figures: Sequence[ProviderFigures], title: str) -> Table:
    table = Table("Provider", *MODEL_HEADINGS, title=title, title_justify="left", box=None)
    for one in figures:
        if one.trial is not None:
            table.add_row(one.provider, *_model_cells(one.trial))
    return table


def forms_table(figures: Sequence[ProviderFigures]) -> Table:
    table = Table("Provider", *FORM_HEADINGS, title="The attention", title_justify="left", box=None)
    for one in figures:
        for form in one.forms:
            table.add_row(one.provider, *_form_cells(form))
    return table


def markdown(figures: Sequence[ProviderFigures], title: str) -> str:
    """Both tables, and the notes of what was tried."""
    tried = [one for one in figures if one.was_tried]
    rows = [
        title,
        "",
        *markdown_table(
            ("Whole model", *MODEL_HEADINGS, "Result"),
            [(one.packages, *_model_cells(one.trial), _result(one.trial)) for one in tried if one.trial],
        ),
        "",
        *markdown_table(
            ("Attention alone", *FORM_HEADINGS),
            [(one.packages, *_form_cells(form)) for one in tried for form in one.forms],
        ),
    ]
    notes = [f"- {one.packages}: {note}" for one in tried for note in one.notes]
    return "\n".join([*rows, *(["", *notes] if notes else [])])


def _model_cells(trial: Trial) -> tuple[str, ...]:
    return (
        f"{trial.taken} of {trial.nodes}",
        number(trial.apart, 3),
        number(trial.bits_per_byte, 3),
        number(trial.cpu_bits_per_byte, 3),
        f"{trial.step_ms:.1f} ms",
        f"{trial.cpu_step_ms:.1f} ms",
        number(trial.step_ms / trial.cpu_step_ms, 2),
    )


def _result(trial: Trial) -> str:
    return f"refused: {trial.refusal}" if trial.refusal else "as good as the CPU, and faster"


def _form_cells(form: FormResult) -> tuple[str, ...]:
    if form.apart is None or form.ms is None or form.cpu_ms is None:
        return (form.form, "fails", *[NO_FIGURE] * 3)
    return (
        form.form,
        f"{form.taken} of {form.nodes}",
        f"{form.apart:.1e}",
        number(form.ms, 2),
        number(form.cpu_ms, 2),
    )
