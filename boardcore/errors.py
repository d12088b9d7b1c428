"""Everything that boardcore raises on purpose.

    BoardcoreError
    ├── AddressError (ValueError)      an address, driver name or option that makes no sense
    ├── UnsupportedOperation           this board cannot do that: `.capability`
    ├── DriverError                    the vendor's library said no: `.vendor_code`
    ├── BoardLost                      the world took the board away
    ├── BoardClosed                    your code closed it
    ├── NoIdleChannel                  every channel is taken
    ├── ChannelUnavailable             that channel is taken, or out of service
    ├── CallFailed                     a call that you placed was not answered: `.cause`
    ├── CallEnded                      the far end or the line ended the call: `.cause`, `.partial`
    ├── CallClosed                     your code ended the call
    ├── ToneError (ValueError)         a tone or country that contradicts itself, or cannot be made or carried so
    │   └── UnknownCountry             no profile of that country: `.known`
    └── MediaError
        ├── MediaFormatError           bytes that are not what they claim, or a format that nothing here reads
        ├── MediaFileError             the operating system refused the file: `.path`, `.errno`
        ├── MediaBusy                  the channel is already playing, recording or collecting
        └── RecordingFailed            the disk gave up in the middle: `.partial` says what is safe

`Closed` is what your code did, `Lost`, `Ended` and `Failed` what the world did. Wrong arguments are `ValueError` or
`TypeError` and say what came and what was wanted.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boardcore.ports.capabilities import Capability
    from boardcore.ports.jobs import JobResult, RecordResult

__all__ = [
    "AddressError",
    "BoardClosed",
    "BoardLost",
    "BoardcoreError",
    "CallClosed",
    "CallEnded",
    "CallFailed",
    "Cause",
    "ChannelUnavailable",
    "DriverError",
    "MediaBusy",
    "MediaError",
    "MediaFileError",
    "MediaFormatError",
    "NoIdleChannel",
    "RecordingFailed",
    "ToneError",
    "UnknownCountry",
    "UnsupportedOperation",
]


class Cause(Enum):
    """Why a call ended or failed. The values of Q.850 where it has one."""

    NORMAL = 16
    BUSY = 17
    NO_ANSWER = 19
    REJECTED = 21
    UNOBTAINABLE = 1
    LINE_FAULT = 27
    CONGESTION = 42
    NO_DIAL_TONE = 41
    CANCELLED = 127
    BOARD_LOST = 38


class BoardcoreError(Exception):
    """Base of all errors that boardcore raises on purpose."""


class AddressError(BoardcoreError, ValueError):
    """A board address, driver name or option that makes no sense."""


class UnsupportedOperation(BoardcoreError):
    """The board cannot do this, nor can the engine do it for it."""

    def __init__(self, capability: Capability, board: str) -> None:
        super().__init__(f"{board} cannot do this: it has no {capability.name}")
        self.capability = capability


class DriverError(BoardcoreError):
    """The vendor's library or the device refused a command."""

    def __init__(self, message: str, vendor_code: int | None = None) -> None:
        super().__init__(message if vendor_code is None else f"{message} (vendor code {vendor_code})")
        self.vendor_code = vendor_code


class BoardLost(BoardcoreError):
    """The board stopped answering: pulled, powered off, its driver or its server gone."""


class BoardClosed(BoardcoreError):
    """The board was closed by this program."""


class NoIdleChannel(BoardcoreError):
    """Every channel that could take the call is taken or out of service."""


class ChannelUnavailable(BoardcoreError):
    """The channel is taken by another call, or out of service."""


class CallFailed(BoardcoreError):
    """A call that this program placed was not answered."""

    def __init__(self, number: str, cause: Cause) -> None:
        super().__init__(f"call to {number!r} failed: {cause.name.lower().replace('_', ' ')}")
        self.cause = cause
        self.number = number


class CallEnded(BoardcoreError):
    """The far end hung up, or the line or board went, while this was waiting.

    `partial` is what had been done by then: a `RecordResult` whose file is whole, a `CollectResult` with the digits so
    far, a `PlayResult` with the position; None where nothing was under way.
    """

    def __init__(self, cause: Cause, partial: JobResult | None = None) -> None:
        super().__init__(f"the call ended: {cause.name.lower().replace('_', ' ')}")
        self.cause = cause
        self.partial = partial


class CallClosed(BoardcoreError):
    """This program hung the call up."""

    def __init__(self, message: str = "the call was hung up by this program") -> None:
        super().__init__(message)


class ToneError(BoardcoreError, ValueError):
    """A tone or a country's profile contradicts itself, or cannot be made or carried as it is described."""


class UnknownCountry(ToneError):
    """There is no profile of that country; `known` has the codes that there are."""

    def __init__(self, message: str, known: tuple[str, ...]) -> None:
        super().__init__(message)
        self.known = known


class MediaError(BoardcoreError):
    """Something is wrong with audio: its format, its file, or two jobs at once."""


class MediaFormatError(MediaError):
    """Bytes that are not what they claim, or a format that nothing here reads."""


class MediaFileError(MediaError):
    """The operating system refused a file."""

    def __init__(self, path: str, errno: int, doing: str) -> None:
        import os

        super().__init__(f"cannot {doing} {path!r}: {os.strerror(errno)}")
        self.path = path
        self.errno = errno


class MediaBusy(MediaError):
    """The channel already has a job of this kind under way."""


class RecordingFailed(MediaError):
    """The disk gave up in the middle of a recording: what is in `partial` is safe and on disk."""

    def __init__(self, message: str, partial: RecordResult) -> None:
        super().__init__(message)
        self.partial = partial
