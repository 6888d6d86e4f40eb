"""Opening a session of ONNX Runtime: with options for a server that is idle most of the time, and only on the
execution provider that was asked for.
"""

from __future__ import annotations

from pathlib import Path

import onnxruntime as ort

from foretype.runtime.providers import CPU_ONLY, Providers, check_taken

SPIN_US = "30"


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
    graph: Path | bytes, options: ort.SessionOptions, providers: Providers
) -> ort.InferenceSession:
    """A session on the first of `providers`. `graph`: a file, or its content.

    Raises ProviderMissingError, and ONNX Runtime's own errors.
    """
    if providers != CPU_ONLY:
        ort.preload_dlls()  # loads the CUDA libraries that pip installed
    try:
        session = ort.InferenceSession(graph, options, providers=providers, enable_fallback=0)
    except RuntimeError:  # Python's own class: TensorRT's libraries are missing
        check_taken(providers, [])
        raise
    check_taken(providers, session.get_providers())
    return session
