"""The thread that owns the library's event queue.

It waits in sr_waitevt, stamps and copies each event, and hands it to the event loop. Nothing else waits for events.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable

from boardcore_dialogic._constants import MARKER
from boardcore_dialogic._vendor import Vendor, VendorError, VendorEvent

__all__ = ["EventPump"]

log = logging.getLogger("boardcore.dialogic")
_WAIT_MS = 500  # looks at least so often whether it is to end, should the marker that wakes it be lost
_CATCH_UP_S = 0.1  # what has happened is in the queue; the thread needs a moment of the processor
_DRAIN_MAX = 256  # events at a time: then the loop's other work has its turn


class EventPump:
    """Events from the library to `take`, on the loop's thread, in order."""

    def __init__(
        self,
        vendor: Vendor,
        loop: asyncio.AbstractEventLoop,
        take: Callable[[VendorEvent], None],
        fail: Callable[[str], None],
    ) -> None:
        self._vendor = vendor
        self._loop = loop
        self._take = take
        self._fail = fail  # told when the library gives no events any more
        self._events: deque[VendorEvent] = deque()
        self._lock = threading.Lock()
        self._woken = False
        self._ending = False
        self._marked = threading.Condition(self._lock)
        self._asked = self._seen = 0  # markers
        self._thread = threading.Thread(target=self._run, name="boardcore-dialogic-events", daemon=True)

    @property
    def started(self) -> bool:
        return self._thread.ident is not None

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        while not self._ending:
            try:
                event = self._vendor.wait_event(_WAIT_MS, self._loop.time)
            except Exception as error:  # VendorError, or an event that cannot be read: the board is not heard any more
                self._tell(self._fail, str(error))
                return
            if event is not None and event.kind == MARKER:
                with self._marked:
                    self._seen += 1
                    self._marked.notify_all()
            elif event is not None:
                self._put(event)

    def _put(self, event: VendorEvent) -> None:
        with self._lock:
            self._events.append(event)
            wake, self._woken = not self._woken, True
        if wake:
            self._tell(self.drain)

    def _tell(self, what: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *args)
        except RuntimeError:  # the loop is closed: nobody is left to be told
            self._ending = True

    def drain(self) -> None:
        """Give what has come to `take`. A few at a time, the rest in the loop's next round."""
        for _ in range(_DRAIN_MAX):
            with self._lock:
                if not self._events:
                    self._woken = False
                    return
                event = self._events.popleft()
            try:
                self._take(event)
            except Exception:
                log.exception("an event of kind %#x on device %d was lost", event.kind, event.device)
        self._loop.call_soon(self.drain)

    def catch_up(self, device: int) -> None:
        """Take in all that the library has told by now. Blocks for a moment."""
        try:
            self._vendor.put_marker(device)
        except VendorError:
            return
        self._asked += 1
        with self._marked:  # one that came too late for the time before must not count for this
            self._marked.wait_for(lambda: self._seen >= self._asked, _CATCH_UP_S)
        self.drain()

    def end(self, device: int) -> None:
        """Ask the thread to end."""
        self._ending = True
        with contextlib.suppress(VendorError):
            self._vendor.put_marker(device)

    async def join(self) -> None:
        """Wait until it has."""
        while not await self._gone(0.005):
            pass

    async def _gone(self, wait_s: float) -> bool:
        """Has it ended? Looks after a while: it cannot tell the loop, its last step would be to do so."""
        await asyncio.sleep(wait_s)
        self._thread.join(0)
        return not self._thread.is_alive()
