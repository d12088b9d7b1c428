"""Work that touches the disk: off the loop in real time, in place in virtual time, where order must not vary."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

__all__ = ["blocking", "is_virtual"]

P = ParamSpec("P")
T = TypeVar("T")


def is_virtual(loop: asyncio.AbstractEventLoop) -> bool:
    """Does this loop's time jump?"""
    return hasattr(loop, "attach_engine")


async def blocking(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` and return what it returns."""
    loop = asyncio.get_running_loop()
    if is_virtual(loop):
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
