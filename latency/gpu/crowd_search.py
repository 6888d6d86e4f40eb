"""Searches for the largest crowd that a server can serve: which crowd to try next. Pure."""

from __future__ import annotations

from collections.abc import Mapping

CLOSE_ENOUGH = 1 / 8  # of the largest crowd that was served: the search ends at this distance


def next_crowd(tried: Mapping[int, bool], first: int) -> int | None:
    """The number of typists to try next, or None if the search has ended.

    `tried` says for each number whether it was served. The number doubles until a crowd is not served. After
    that it is halfway between the largest that was served and the smallest that was not.
    """
    if not tried:
        return first
    best = max((typists for typists, served in tried.items() if served), default=0)
    worst = min((typists for typists, served in tried.items() if not served), default=None)
    if worst is None:
        return 2 * best
    if worst - best <= max(1, int(best * CLOSE_ENOUGH)):
        return None
    return (best + worst) // 2
