"""Opening a session of ONNX Runtime: with options for a server that is idle most of the time, and only on the
execution provider that was asked for.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import onnxruntime as ort

from foretype.runtime.plugins import handles, is_registered
from foretype.runtime.providers import NAMES, Providers, check_taken
from foretype.support.execution_provider import ON_NVIDIA

SPIN_US = "30"
NVIDIA = tuple(NAMES[provider] for provider in ON_NVIDIA)


def session_options(threads: int) -> ort.SessionOptions:
    """Options for a server that is idle most of the time and whose runs have changing shapes."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    # Waking threads for each of the 120 products costs 17 % of a step. So threads spin between two nodes, for
    # a bounded time, and not at all between runs: an idle server must use no CPU.
    options.add_session_config_entry("session.intra_op.spin_duration_us", SPIN_US)
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # Every run has another length, and ONNX Runtime would keep a memory plan for each.
    options.enable_mem_pattern = False
    # An arena keeps the memory of the longest run for good: 20 MB after a text of 364 tokens. Without it, a
    # step takes no longer (docs/decisions/0034).
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return options


def open_session(
    graph: Path | bytes, threads: int, providers: Providers, *, places: bool = False
) -> ort.InferenceSession:
    """A session on the first of `providers`. `graph`: a file, or its content. `places`: whether the session
    remembers where each node runs, for `placed`.

    Raises ProviderMissingError, and ONNX Runtime's own errors.
    """
    # Options that already name a plug-in cannot be used a second time, so each session has its own.
    options = session_options(threads)
    if places:
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    first = providers[0]
    name, settings = (first, {}) if isinstance(first, str) else first
    if name in NVIDIA:
        ort.preload_dlls()  # loads the CUDA libraries that pip installed
    if is_registered(name):
        options.add_provider_for_devices(handles(name)[:1], settings)
        return ort.InferenceSession(graph, options, enable_fallback=0)
    try:
        session = ort.InferenceSession(graph, options, providers=providers, enable_fallback=0)
    except RuntimeError:  # Python's own class: TensorRT's libraries are missing
        check_taken(providers, [])
        raise
    check_taken(providers, session.get_providers())
    return session


def placed(session: ort.InferenceSession) -> dict[str, Counter[str]]:
    """How many nodes of each operator each provider computes, by the provider's name. The session must have
    been opened with `places`.
    """
    found: dict[str, Counter[str]] = {}
    for part in session.get_provider_graph_assignment_info():
        found.setdefault(part.ep_name, Counter()).update(node.op_type for node in part.get_nodes())
    return found
