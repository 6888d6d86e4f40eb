from tests.latency.conftest import scripted

__all__ = ["scripted"]
