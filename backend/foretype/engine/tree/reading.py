"""How rows of logits become distributions: on the host, or on the device where the model runs."""

from __future__ import annotations

from foretype.engine.tree.distribution import TOP, Distribution
from foretype.engine.vocabulary import Vocabulary
from foretype.runtime.chunk import Logits
from foretype.runtime.device.runtime import DeviceRuntime, TopRuntime
from foretype.runtime.device.summary import Ranks, Summary
from foretype.runtime.thread import ModelThread, Runtime


def reading(
    runtime: Runtime[Logits] | DeviceRuntime, vocabulary: Vocabulary, rows_bytes: int
) -> ModelThread[list[Distribution]]:
    """A thread that runs the model and gives a distribution for each asked row.

    rows_bytes: of a device's memory, for whole rows that stay there.
    """

    def of_logits(logits: Logits) -> list[Distribution]:
        return [Distribution.of(row, vocabulary) for row in logits]

    def of_summaries(summaries: list[Summary]) -> list[Distribution]:
        return [Distribution.summed_up(summary, vocabulary) for summary in summaries]

    if isinstance(runtime, DeviceRuntime):
        return ModelThread(TopRuntime(runtime, ranks_of(vocabulary), rows_bytes), of_summaries)
    return ModelThread(runtime, of_logits)


def ranks_of(vocabulary: Vocabulary) -> Ranks:
    return Ranks(vocabulary.ids, vocabulary.word_start, min(TOP, len(vocabulary)))
