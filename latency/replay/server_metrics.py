"""What the server has counted, such as the work of the model, read from its `/metrics`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

TIMEOUT = aiohttp.ClientTimeout(total=5)


@dataclass(frozen=True, slots=True)
class ModelWork:
    """Runs of the model, and tokens in these runs, since the server started or between two readings. None if
    the server does not report them.
    """

    runs: float | None = None
    tokens: float | None = None

    def since(self, before: ModelWork) -> ModelWork:
        return ModelWork(_minus(self.runs, before.runs), _minus(self.tokens, before.tokens))

    def per_keystroke(self, keystrokes: int) -> dict[str, float | None]:
        """By the names of figures."""
        return {
            f"model_{name}_per_keystroke": None if count is None or not keystrokes else count / keystrokes
            for name, count in (("runs", self.runs), ("tokens", self.tokens))
        }


async def read_model_work(http: aiohttp.ClientSession, address: str) -> ModelWork:
    """All None if `/metrics` is missing or refused: the other figures do not need it."""
    try:
        async with http.get(f"{address}/metrics", timeout=TIMEOUT) as answer:
            return parse_model_work(await answer.text()) if answer.status == 200 else ModelWork()
    except (aiohttp.ClientError, TimeoutError):
        return ModelWork()


def parse_model_work(exposed: str) -> ModelWork:
    """`exposed` is Prometheus's text format. The values of all labels of a counter are added up."""
    totals: dict[str, float] = {}
    for (name, *_), value in counters_in(exposed).items():
        totals[name] = totals.get(name, 0.0) + value
    return ModelWork(totals.get("foretype_model_runs_total"), totals.get("foretype_model_tokens_total"))


async def read_counters(http: aiohttp.ClientSession, address: str) -> Counter[tuple[str, ...]]:
    """What the server has counted, by name and the values of its labels."""
    async with http.get(f"{address}/metrics", timeout=TIMEOUT) as answer:
        return counters_in(await answer.text())


def counters_in(exposed: str) -> Counter[tuple[str, ...]]:
    """`exposed` is Prometheus's text format. Gauges and buckets of histograms are left out."""
    found: Counter[tuple[str, ...]] = Counter()
    for family in text_string_to_metric_families(exposed):
        for sample in family.samples:
            if sample.name.endswith(("_total", "_sum", "_count")):
                found[sample.name, *sample.labels.values()] = sample.value  # type: ignore[assignment]
    return found


def _minus(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before
