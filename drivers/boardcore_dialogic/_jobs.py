"""Jobs of a channel: each ends with one result, whoever ended it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from boardcore.errors import DriverError
from boardcore.ports import CollectResult, CollectSpec, EndReason, JobResult, Termination
from boardcore_dialogic._constants import Event, TermMask
from boardcore_dialogic._digits import Collecting, DigitRule, Verdict
from boardcore_dialogic._resource import Resource, Transfer
from boardcore_dialogic._rules import longest_s, reason_of
from boardcore_dialogic._vendor import VendorEvent

__all__ = ["CollectJob", "Ending", "Job", "TransferJob"]

ResultT = TypeVar("ResultT", bound=JobResult)
_DIGIT_COMES_S = 0.2  # the event of the digit that ended a job comes before that of the end, or soon after


class Job(Generic[ResultT]):
    """Base: the result, and who waits for it."""

    def __init__(self, role: str, loop: asyncio.AbstractEventLoop) -> None:
        self.role = role
        self.loop = loop
        self.started_s = loop.time()
        self._result: asyncio.Future[ResultT] = loop.create_future()

    @property
    def done(self) -> bool:
        return self._result.done()

    async def result(self) -> ResultT:
        return await asyncio.shield(self._result)

    def deliver(self, result: ResultT) -> None:
        """Give the result, once."""
        if not self._result.done():
            self._result.set_result(result)

    def refuse(self, error: DriverError) -> None:
        """It has not begun: the library took the call, and the board refused it."""
        if not self._result.done():
            self._result.set_exception(error)
            self._result.exception()  # who waits is told; nobody need

    def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        raise NotImplementedError

    def lose(self) -> None:
        """The board is gone."""
        self.stop(EndReason.HANGUP)

    def digit(self, digit: str, told: str | None, at_s: float) -> bool:
        """Look at a digit; True if it takes it from the buffer. `told` is what a result may say of it."""
        raise NotImplementedError


class Ending:
    """How an I/O ended: what its result is made of."""

    def __init__(self, reason: EndReason, digit: str | None, event: VendorEvent | None, detail: str) -> None:
        self.reason = reason
        self.digit = digit
        self.count = event.count if event is not None else None
        self.detail = detail


class TransferJob(Job[ResultT]):
    """A job that a voice resource does: `conclude` makes its result of how it ended."""

    def __init__(
        self,
        role: str,
        loop: asyncio.AbstractEventLoop,
        stop: Termination,
        conclude: Callable[[Ending, float], Awaitable[ResultT]],
    ) -> None:
        super().__init__(role, loop)
        self.rule = DigitRule(stop)
        self._conclude = conclude
        self._verdict: Verdict | None = None
        self._judged = asyncio.Event()
        self._resource: Resource | None = None
        self._transfer: Transfer | None = None
        self._timer: asyncio.TimerHandle | None = None

    def over(self, verdict: Verdict) -> None:
        """It has ended before it began."""
        self._verdict = verdict

    def begun(self, resource: Resource, transfer: Transfer) -> None:
        """It runs on this resource."""
        self._resource, self._transfer = resource, transfer
        self.started_s = self.loop.time()
        max_s = self.rule.stop.max_s
        if max_s is not None and max_s > longest_s():
            self._timer = self.loop.call_later(max_s, self._judge, Verdict(EndReason.MAX_TIME))
        if self._verdict is not None:  # stopped before it began
            resource.stop(transfer)

    def _judge(self, verdict: Verdict) -> None:
        if self._verdict is None:
            self._verdict = verdict
            self._judged.set()
            if self._resource is not None and self._transfer is not None:
                self._resource.stop(self._transfer)

    def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        self._judge(Verdict(reason))

    def digit(self, digit: str, told: str | None, at_s: float) -> bool:
        if self._verdict is not None or self.done or self._over_without_digit():
            return False
        verdict = self.rule.feed(digit)
        if verdict is None:
            return False
        self._judge(Verdict(verdict.reason, told))
        return not self.rule.stop.keep_digit

    def _over_without_digit(self) -> bool:
        """Has the board ended it by another rule? A digit that comes now is for what comes next."""
        if self._transfer is None or not self._transfer.ended.done():
            return False
        event = self._transfer.ended.result()
        return event is None or not event.term_mask & (TermMask.DIGIT | TermMask.MAXDTMF)

    async def run(self) -> None:
        """Wait for the end, and give the result."""
        assert self._transfer is not None
        event = await asyncio.shield(self._transfer.ended)
        if self._timer is not None:
            self._timer.cancel()
        if self._verdict is None and event is not None and event.term_mask & (TermMask.DIGIT | TermMask.MAXDTMF):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DIGIT_COMES_S):
                    await self._judged.wait()
        await self.conclude(event)

    async def conclude(self, event: VendorEvent | None) -> None:
        """Make the result and give it."""
        ending = self._ending(event)
        result = await self._conclude(ending, self.loop.time() if event is None else event.at_s)
        if event is not None and event.kind == Event.ERROR and event.error and not event.count:
            self.refuse(DriverError(ending.detail, event.error))
        else:
            self.deliver(result)

    def _ending(self, event: VendorEvent | None) -> Ending:
        verdict, self._verdict = self._verdict, self._verdict or Verdict(EndReason.STOPPED)
        if event is None:
            lost = verdict or Verdict(EndReason.ERROR)
            return Ending(lost.reason, lost.digit, None, "" if verdict else "the device does not answer")
        if event.kind == Event.ERROR:
            return Ending(EndReason.ERROR, None, None, "the device refused or failed")
        by_itself = not event.term_mask & (TermMask.USRSTOP | TermMask.DIGIT | TermMask.MAXDTMF)
        kept = verdict is not None and verdict.reason in (EndReason.HANGUP, EndReason.DIGIT, EndReason.MAX_DIGITS)
        if verdict is None or (by_itself and not kept and event.term_mask):
            return Ending(reason_of(event.term_mask), None, event, "")
        return Ending(verdict.reason, verdict.digit, event, "")


class CollectJob(Job[CollectResult]):
    """Collects digits: the driver does that itself, a voice resource could not play meanwhile."""

    def __init__(self, spec: CollectSpec, loop: asyncio.AbstractEventLoop, catch_up: Callable[[], None]) -> None:
        super().__init__("collect", loop)
        self._collecting = Collecting(spec, self.started_s)
        self._catch_up = catch_up
        self._timer: asyncio.TimerHandle | None = None
        self.ended: Callable[[], None] = lambda: None
        self._arm()

    def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        self._end(Verdict(reason))

    def digit(self, digit: str, told: str | None, at_s: float) -> bool:
        """Take every digit, secret or not: it is who they are meant for."""
        if self.done:
            return False
        verdict = self._collecting.feed(digit, at_s)
        if verdict is not None:
            self._end(verdict)
        else:
            self._arm()
        return True

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        deadline = self._collecting.next_deadline()
        self._timer = None if deadline is None else self.loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._catch_up()  # what was keyed in time counts, however late the loop is
        if self.done:
            return
        verdict = self._collecting.expire(self.loop.time())
        if verdict is not None:
            self._end(verdict)
        elif self._timer is None:
            self._arm()

    def _end(self, verdict: Verdict) -> None:
        if self.done:
            return
        if self._timer is not None:
            self._timer.cancel()
        self.deliver(
            CollectResult(
                reason=verdict.reason,
                started_s=self.started_s,
                ended_s=self.loop.time(),
                digits=self._collecting.digits,
                terminator=verdict.digit,
            )
        )
        self.ended()
