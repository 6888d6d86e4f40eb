"""The words for what a keystroke goes through, and for why the model runs: in metrics, logs and traces."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """The stages of a keystroke, in their order. TREE, QUEUE and MODEL come several times or not at all."""

    RECEIVE = "receive"  # from the message's arrival to the field
    TREE = "tree"  # one walk and search
    QUEUE = "queue"  # waiting for the model
    MODEL = "model"  # one run, with what is made of its logits
    SEND = "send"  # handing the answer to the system


class RunPurpose(StrEnum):
    """The reason for a run of the model."""

    KEYSTROKE = "keystroke"  # which waits for its answer
    LATE = "late"  # a keystroke whose budget was used up before
    AHEAD = "ahead"  # the next keystrokes that are likely
    BEGINNING = "beginning"  # the tokens that every text of a kind begins with
