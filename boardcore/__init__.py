"""boardcore runs telephone boards from asyncio.

    async with boardcore.open_board("sim:analog?lines=4") as board:
        async for call in board.calls():
            await call.answer()
            await call.play("welcome.wav", stop_on="#")
"""

from boardcore.board import Board as Board
from boardcore.board import open_board as open_board
from boardcore.call import Call as Call
from boardcore.channel import Channel as Channel
from boardcore.conference import Conference as Conference
from boardcore.errors import AddressError as AddressError
from boardcore.errors import BoardClosed as BoardClosed
from boardcore.errors import BoardcoreError as BoardcoreError
from boardcore.errors import BoardLost as BoardLost
from boardcore.errors import CallClosed as CallClosed
from boardcore.errors import CallEnded as CallEnded
from boardcore.errors import CallFailed as CallFailed
from boardcore.errors import Cause as Cause
from boardcore.errors import ChannelUnavailable as ChannelUnavailable
from boardcore.errors import DriverError as DriverError
from boardcore.errors import MediaBusy as MediaBusy
from boardcore.errors import MediaError as MediaError
from boardcore.errors import MediaFileError as MediaFileError
from boardcore.errors import MediaFormatError as MediaFormatError
from boardcore.errors import NoIdleChannel as NoIdleChannel
from boardcore.errors import RecordingFailed as RecordingFailed
from boardcore.errors import UnsupportedOperation as UnsupportedOperation
from boardcore.ports.capabilities import Capability as Capability
from boardcore.ports.jobs import ANY_DIGIT as ANY_DIGIT
from boardcore.ports.jobs import CollectResult as CollectResult
from boardcore.ports.jobs import Encoding as Encoding
from boardcore.ports.jobs import EndReason as EndReason
from boardcore.ports.jobs import PlayResult as PlayResult
from boardcore.ports.jobs import RecordResult as RecordResult
from boardcore.ports.jobs import SendDigitsResult as SendDigitsResult
from boardcore.ports.jobs import ToneResult as ToneResult

__version__ = "0.1.0"
