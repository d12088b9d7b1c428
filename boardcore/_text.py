"""What may be said of specs and results in events, logs and records: everything but digits."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from boardcore.ports.jobs import (
    AudioFile,
    CollectResult,
    CollectSpec,
    EndReason,
    JobResult,
    JobSpec,
    PlayResult,
    PlaySpec,
    RecordResult,
    RecordSpec,
    SendDigitsSpec,
    ToneResult,
    ToneSpec,
)

__all__ = ["Digits", "Secret", "describe", "hide_digit"]


ResultT = TypeVar("ResultT", bound=JobResult)


class Secret(str):
    """A str that does not show itself in repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr("•" * len(self))


class Digits(str):
    """Digits collected: a str, with why the collecting ended.

    Attributes:
        reason: `EndReason`.
        terminator: the digit that ended it, or None.
        secret: repr hides the digits.
    """

    reason: EndReason
    terminator: str | None
    secret: bool = False

    @classmethod
    def of(cls, result: CollectResult, secret: bool) -> Digits:
        digits = cls(result.digits)
        digits.reason = result.reason
        digits.terminator = result.terminator
        digits.secret = secret
        return digits

    def __repr__(self) -> str:
        return repr("•" * len(self)) if self.secret else super().__repr__()


def hide_digit(result: ResultT) -> ResultT:
    """The same result; the digit that ended it does not show itself."""
    if isinstance(result, (PlayResult, RecordResult, ToneResult)) and result.digit is not None:
        return replace(result, digit=Secret(result.digit))
    return result


def describe(what: JobSpec[JobResult] | JobResult) -> str:
    """A few words on a spec or a result."""
    match what:
        case PlaySpec():
            return what.source.path.name if isinstance(what.source, AudioFile) else what.source.name
        case RecordSpec():
            return what.path.name
        case CollectSpec():
            return f"up to {what.max_digits}"
        case SendDigitsSpec():
            return f"{len(what.digits)} digits"
        case ToneSpec():
            return " + ".join(f"{f:g} Hz" for f in what.freqs_hz)
        case PlayResult():
            return f"at {what.position_s:.2f} s"
        case RecordResult():
            return f"{what.duration_s:.2f} s in {what.path.name}"
        case CollectResult():
            return f"{len(what.digits)} digits"
        case _:
            return ""
