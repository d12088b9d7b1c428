"""A channel with a line, what it can do, and the bus that joins channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boardcore.errors import DriverError, UnsupportedOperation
from boardcore.ports import Capability, ConferencePort, MediaPort, PortEvent
from boardcore_dialogic import _constants as c
from boardcore_dialogic._line import DialogicLine, cst_of
from boardcore_dialogic._media import DialogicMedia
from boardcore_dialogic._resource import Resource
from boardcore_dialogic._vendor import Vendor, VendorEvent

if TYPE_CHECKING:
    from boardcore_dialogic._board import DialogicBoard

__all__ = ["DialogicBus", "DialogicChannel", "capabilities"]

_NEEDS: dict[Capability, tuple[str, ...]] = {  # a library that lacks one of these functions does not do that
    Capability.ANSWER: ("dx_sethook", "dx_setevtmsk"),
    Capability.DIAL: ("dx_sethook", "dx_dial", "dx_bldst", "dx_addtone", "dx_enbtone", "dx_distone"),
    Capability.CALLER_ID: ("dx_gtcallid",),
    Capability.PLAY: ("dx_playiottdata",),
    Capability.RECORD: ("dx_reciottdata", "dx_setuio"),
    Capability.COLLECT: ("dx_setevtmsk",),
    Capability.SEND_DIGITS: ("dx_playiottdata",),
    Capability.TONE: ("dx_playiottdata", "dx_setuio"),
    Capability.SOUND: ("dx_setevtmsk",),
    Capability.STREAM: ("dx_playiottdata", "dx_reciottdata", "dx_setuio", "dx_listen", "ag_listen"),
    Capability.CONNECT: ("ag_listen", "ag_getxmitslot"),
    Capability.SECRET: ("dx_reciottdata", "dx_setuio"),
}


def capabilities(vendor: Vendor, spares: int) -> frozenset[Capability]:
    """What channels can do with this library and so many voice resources to spare."""
    able = {one for one, functions in _NEEDS.items() if vendor.has(*functions)}
    return frozenset(able - ({Capability.STREAM} if spares < 2 else set()))


class DialogicChannel:
    """A channel with an analogue line."""

    def __init__(self, board: DialogicBoard, index: int, resource: Resource, bus: DialogicBus) -> None:
        self.board = board
        self.index = index
        self.resource = resource
        self.line = DialogicLine(self)
        self.media = DialogicMedia(self, bus)

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self.board.capabilities

    def post(self, event: PortEvent) -> None:
        """Tell of an event on this channel."""
        self.board.post(self.index, event)

    def take(self, event: VendorEvent) -> None:
        """An event of its device."""
        if event.kind == c.Event.SETHOOK:
            self.line.hook_done(True)
        elif event.kind == c.Event.CST and (cst := cst_of(event.data)) is not None:
            number, data = cst
            if number in (c.CST.DIGITS, c.CST.SILON, c.CST.SILOF):
                self.media.told(number, data, event)
            else:
                self.line.told(number, data, event)

    def lose(self) -> None:
        """Nothing will come any more."""
        self.media.end_all()
        self.resource.release()
        self.line.hook_done(False)


class DialogicBus:
    """The board's own timeslots: a line hears what another line transmits."""

    def __init__(self, board: DialogicBoard) -> None:
        self._board = board

    async def connect(self, a: MediaPort, b: MediaPort) -> None:
        one, two = self._own(a), self._own(b)
        one.routes.partner, two.routes.partner = two.partner_slot, one.partner_slot
        await one.route()
        await two.route()

    async def disconnect(self, a: MediaPort, b: MediaPort) -> None:
        one, two = self._own(a), self._own(b)
        for line, other in ((one, two), (two, one)):
            if line.routes.partner == other.partner_slot:
                line.routes.partner = None
        try:
            await one.route()
        finally:  # the other party must not go on hearing one whose channel failed
            await two.route()

    async def open_conference(self) -> ConferencePort:
        raise UnsupportedOperation(Capability.CONFERENCE, self._board.info.address)

    def _own(self, port: MediaPort) -> DialogicLine:
        for channel in self._board.channels:
            if channel.media is port:
                return channel.line
        raise DriverError("that port is on another board")
