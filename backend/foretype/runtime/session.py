"""How a session of ONNX Runtime is opened: for a server that idles most of the time, and nowhere else than
where it was told to compute.
"""

from __future__ import annotations

from pathlib import Path

import onnxruntime as ort

from foretype.runtime.providers import CPU_ONLY, Providers, check_taken

SPIN_US = "100"


def session_options(threads: int) -> ort.SessionOptions:
    """Options for a server that idles most of the time and runs changing shapes."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    # Waking a thread for each of a step's 120 products costs a sixth of the step, so between two nodes they
    # spin, but no longer, and not at all between runs: an idle server must use no CPU.
    options.add_session_config_entry("session.intra_op.spin_duration_us", SPIN_US)
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # Every run has another length; planned memory would be kept for each of them.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return options


def open_session(
    graph: Path | bytes, options: ort.SessionOptions, providers: Providers
) -> ort.InferenceSession:
    """A session that computes where it was told to. `graph`: a file, or what would be in it.

    Raises ProviderMissingError, and ONNX Runtime's own errors.
    """
    if providers != CPU_ONLY:
        ort.preload_dlls()  # finds the CUDA libraries that pip installed; those of the system need no finding
    try:
        session = ort.InferenceSession(graph, options, providers=providers, enable_fallback=0)
    except RuntimeError:  # not one of ONNX Runtime's own: TensorRT's libraries are not there
        check_taken(providers, [])
        raise
    check_taken(providers, session.get_providers())
    return session
