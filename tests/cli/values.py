"""Values of settings for tests that go through all of them."""

from __future__ import annotations

OTHER_VALUES: dict[str, object] = {
    "host": "::1",
    "port": 7,
    "tls_certificate": "chain.pem",
    "tls_key": "key.pem",
    "tls_in_front": True,
    "operations_port": 8,
    "drain_seconds": 7.5,
    "token": "not-the-default-one",
    "allowed_hosts": "complete.example.org",
    "allowed_origins": "https://app.example.org",
    "tokens_keys": "keys.json",
    "tokens_revoked": "revoked.json",
    "state_dir": "state",
    "model": "gpt2",
    "models_dir": "models",
    "provider": "cpu",
    "threshold": 0.5,
    "budget_ms": 77,
    "threads": 5,
    "runs_ahead": 1,
    "frugal": "on",
    "gpu_memory_mb": 300,
    "field_mb": 17,
    "trees_mb": 65,
    "context_chars": 7,
    "fields": 7,
    "message_bytes": 100_000,
    "keystrokes_per_second": 7.5,
    "keystroke_burst": 7,
    "tenant_keystrokes_per_second": 7.5,
    "tenant_sockets": 7,
    "connections": 7,
    "socket_minutes": 7.5,
    "sockets_target": 7,
    "connections_per_address": 7,
    "own_words": False,
    "own_words_most": 2000,
    "log_level": "error",
    "traces": "http://127.0.0.1:4318/v1/traces",
    "traces_share": 0.25,
}
"""A value of each setting that is not its default."""
BESIDE = {"tls_certificate": {"tls_key": "key.pem"}, "tls_key": {"tls_certificate": "chain.pem"}}
"""Other settings that a setting needs."""
