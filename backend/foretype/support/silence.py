"""Switches off the telemetry of the libraries that Foretype uses (docs/privacy.md says what each does).

Each library reads its variable once, when it is imported or makes its first request. So the package's
`__init__` sets them, which runs before any module of Foretype can import such a library. Child processes
inherit them. A value that the environment already has is replaced: no setting sends anything.
"""

from __future__ import annotations

from collections.abc import MutableMapping

VARIABLES = {
    # ONNX Runtime 1.32 for Linux: no device id, no database of events, no connection to a collector. Its
    # function `disable_telemetry_events` is too late for all three.
    "ORT_DISABLE_TELEMETRY": "1",
    # huggingface-hub: no telemetry, and no versions of other packages in its requests. hf-xet: no report to
    # the hub of how long a download took.
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def silence(environment: MutableMapping[str, str]) -> None:
    """Switch off what the libraries would send by themselves, in this process and in those that it starts."""
    environment.update(VARIABLES)
