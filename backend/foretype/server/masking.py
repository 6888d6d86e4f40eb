"""Whether a client masks its WebSocket frames, as RFC 6455 demands (section 5.1). aiohttp does not check."""

from __future__ import annotations

MASKED = 0x80
LENGTH_BYTES = {126: 2, 127: 8}
MASK_BYTES = 4


class MaskCheck:
    """Follows one connection's frames, which may arrive in pieces of any size. Reads only the head of each
    frame.
    """

    def __init__(self) -> None:
        self._head = bytearray()  # of the frame that has begun
        self._payload_left = 0

    def passes(self, data: bytes) -> bool:
        """False if a frame without a mask begins in `data`, the next bytes of the connection."""
        at = 0
        while at < len(data):
            if self._payload_left:
                step = min(self._payload_left, len(data) - at)
                self._payload_left -= step
                at += step
                continue
            self._head.append(data[at])
            at += 1
            if len(self._head) < 2:
                continue
            if not self._head[1] & MASKED:
                return False
            short = self._head[1] & ~MASKED
            extended = LENGTH_BYTES.get(short, 0)
            if len(self._head) == 2 + extended + MASK_BYTES:
                self._payload_left = int.from_bytes(self._head[2 : 2 + extended]) if extended else short
                self._head.clear()
        return True
