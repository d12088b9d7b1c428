"""The vendor's library: the only module that knows cffi. Thin typed methods; every refusal is a `VendorError`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from cffi import FFI

from boardcore.errors import AddressError, DriverError
from boardcore_dialogic import _constants as c
from boardcore_dialogic._cdef import CDEF, functions
from boardcore_dialogic._rules import Condition
from boardcore_dialogic._user_io import UserIo

__all__ = ["SourceData", "Vendor", "VendorError", "VendorEvent", "find_library"]

_GROUP = "boardcore.vendor_libraries"
_DATA_MAX = 4096  # of an event; longer data is cut
_CALLER_MAX = 128  # dx_gtcallid is given so much room; the longest that the API documents is shorter


class VendorError(Exception):
    """A function of the library returned its failure."""

    def __init__(self, function: str, code: int, text: str) -> None:
        super().__init__(f"{function}: {text or 'no text'} (vendor code {code})")
        self.function = function
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class VendorEvent:
    """An event, copied out of the library, with what its device said of the job that it ends."""

    device: int
    kind: int
    data: bytes
    at_s: float
    term_mask: int = 0
    count: int = 0
    error: int = 0


@dataclass(frozen=True, slots=True)
class SourceData:
    """What a play is fed from: part of an open file, memory, or (neither) user I/O with `handle`."""

    handle: int
    format: int
    bits: int
    offset: int = 0
    length: int = -1
    memory: bytes | None = None
    user: bool = False


def find_library(name: str) -> str:
    """Tell what to load for the option `library`.

    Raises:
        AddressError: `simulated`, and no simulator that offers the library is installed.
    """
    if name != "simulated":
        return name
    for entry in entry_points(group=_GROUP):
        if entry.name == "dialogic":
            offered: Any = entry.load()
            return str(offered())
    raise AddressError(f"library=simulated: nothing installed offers 'dialogic' in the entry points {_GROUP!r}")


class Vendor:
    """The library, loaded. Its functions may be called on any thread, also at the same time."""

    def __init__(self, path: str) -> None:
        ffi: Any = FFI()
        ffi.cdef(CDEF)
        self._ffi = ffi
        try:
            self._lib: Any = self._ffi.dlopen(path)
        except OSError as error:
            raise DriverError(f"no vendor library: looked for {path!r}: {error}") from error
        self.path = path
        self.user_io = UserIo()
        self.taken = False  # by an open board: the library has one event queue
        self._missing = frozenset(name for name in functions() if not self._has(name))
        self._callbacks = self._make_callbacks()
        self._held: dict[int, Any] = {}  # by device: structures that the library reads while a job runs

    def _has(self, name: str) -> bool:
        try:
            getattr(self._lib, name)
        except AttributeError:
            return False
        return True

    def has(self, *functions: str) -> bool:
        """Does the library export all of these?"""
        return not self._missing.intersection(functions)

    def _make_callbacks(self) -> Any:
        io, ffi = self.user_io, self._ffi

        def read(handle: int, into: Any, room: int) -> int:
            data = io.read(handle, room)
            ffi.memmove(into, data, len(data))
            return len(data)

        def write(handle: int, data: Any, count: int) -> int:
            return io.write(handle, bytes(ffi.buffer(data, count)))

        def seek(handle: int, offset: int, origin: int) -> int:
            return 0

        move, go = "int(int, char *, unsigned)", "long(int, long, int)"
        return [ffi.callback(move, read, 0), ffi.callback(move, write, 0), ffi.callback(go, seek, 0)]

    # -- calling ---------------------------------------------------------------------------------------------
    def _call(self, device: int, function: str, *args: Any) -> int:
        result = int(self._function(function)(*args))
        if result < 0:
            raise self._failure(device, function)
        return result

    def _function(self, function: str) -> Any:
        if function in self._missing:
            raise VendorError(function, c.Error.NOTIMP, f"{self.path} does not have this function")
        return getattr(self._lib, function)

    def _failure(self, device: int, function: str) -> VendorError:
        code = int(self._lib.ATDV_LASTERR(device))
        text: Any = self._lib.ATDV_ERRMSGP(device)
        words = "" if text == self._ffi.NULL else self._ffi.string(text, 200).decode("utf-8", "replace")
        return VendorError(function, code, words)

    # -- runtime ---------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Set the event model and the user I/O functions; before the first device is opened."""
        model = self._ffi.new("int *", c.SR_STASYNC)
        self._call(c.SRL_DEVICE, "sr_setparm", c.SRL_DEVICE, c.SR_MODELTYPE, model)
        table = self._ffi.new("DX_UIO *")
        table.u_read, table.u_write, table.u_seek = self._callbacks
        self._call(c.SRL_DEVICE, "dx_setuio", table[0])

    def board_count(self) -> int:
        """How many voice boards there are."""
        count = self._ffi.new("int *")
        self._call(c.SRL_DEVICE, "sr_getboardcnt", self._ffi.new("char[]", b"Voice"), count)
        return int(count[0])

    def wait_event(self, timeout_ms: int, now: Callable[[], float]) -> VendorEvent | None:
        """Wait for an event, of all devices; None if none came. On one thread only."""
        lib = self._lib
        if lib.sr_waitevt(timeout_ms) < 0:
            if lib.ATDV_LASTERR(c.SRL_DEVICE) == c.ESR_TMOUT:
                return None
            raise self._failure(c.SRL_DEVICE, "sr_waitevt")
        at_s = now()
        device, kind, length = (int(f(0)) for f in (lib.sr_getevtdev, lib.sr_getevttype, lib.sr_getevtlen))
        data = lib.sr_getevtdatap(0)
        kept = b"" if data == self._ffi.NULL or length <= 0 else bytes(self._ffi.buffer(data, min(length, _DATA_MAX)))
        error = int(lib.ATDV_LASTERR(device)) if kind == c.Event.ERROR else 0
        if kind not in (c.Event.PLAY, c.Event.RECORD, c.Event.ERROR):
            return VendorEvent(device, kind, kept, at_s)
        mask, count = int(lib.ATDX_TERMMSK(device)), max(0, int(lib.ATDX_TRCOUNT(device)))
        return VendorEvent(device, kind, kept, at_s, mask, count, error)

    def put_marker(self, device: int) -> None:
        """Put an event of our own behind those that wait."""
        self._call(c.SRL_DEVICE, "sr_putevt", device, c.MARKER, 0, self._ffi.NULL, 0)

    # -- devices ---------------------------------------------------------------------------------------------
    def open(self, name: str) -> int:
        return self._call(c.SRL_DEVICE, "dx_open", name.encode(), 0)

    def close(self, device: int) -> None:
        self._call(device, "dx_close", device)
        self._held.pop(device, None)

    def subdevices(self, board: int) -> int:
        return self._call(board, "ATDV_SUBDEVS", board)

    def set_event_mask(self, device: int, mask: int) -> None:
        self._call(device, "dx_setevtmsk", device, mask)

    def set_parameter(self, device: int, parameter: int, value: int) -> None:
        self._call(device, "dx_setparm", device, parameter, self._ffi.new("unsigned int *", value))

    def set_hook(self, device: int, state: int) -> None:
        """Begin; TDX_SETHOOK follows."""
        self._call(device, "dx_sethook", device, state, c.EV_ASYNC)

    def caller_id(self, device: int) -> str | None:
        """Who calls, while it rings; None if the line did not tell."""
        room = self._ffi.new("unsigned char[]", _CALLER_MAX)
        try:
            self._call(device, "dx_gtcallid", device, room)
        except VendorError as error:
            if error.code == c.Error.SYSTEM:
                raise
            return None
        text = bytes(room).split(b"\0", 1)[0].decode("ascii", "replace").strip()
        return text or None

    # -- routing ---------------------------------------------------------------------------------------------
    def transmit_slot(self, device: int, line: bool) -> int:
        """The timeslot that a voice resource, or its line, transmits on."""
        slots = self._ffi.new("long[1]")
        info = self._ffi.new("SC_TSINFO *", {"sc_numts": 1, "sc_tsarrayp": slots})
        self._call(device, "ag_getxmitslot" if line else "dx_getxmitslot", device, info)
        return int(slots[0])

    def listen(self, device: int, slot: int, line: bool) -> None:
        """Let a voice resource, or its line, receive a timeslot."""
        slots = self._ffi.new("long[1]", [slot])
        info = self._ffi.new("SC_TSINFO *", {"sc_numts": 1, "sc_tsarrayp": slots})
        self._call(device, "ag_listen" if line else "dx_listen", device, info)

    # -- jobs ------------------------------------------------------------------------------------------------
    def play(self, device: int, source: SourceData, rules: Sequence[Condition]) -> None:
        """Begin; TDX_PLAY follows. The memory is kept until the device's next job."""
        table = self._table(source)
        self._job(device, "dx_playiottdata", table, rules, source.format, source.bits)

    def record(self, device: int, handle: int, rules: Sequence[Condition]) -> None:
        """Begin to record linear samples to user I/O; TDX_RECORD follows."""
        source = SourceData(handle, c.DataFormat.PCM, 16, user=True)
        self._job(device, "dx_reciottdata", self._table(source), rules, source.format, source.bits)

    def _job(self, device: int, function: str, table: Any, rules: Sequence[Condition], form: int, bits: int) -> None:
        conditions, layout = self._conditions(rules), self._layout(form, bits)
        before = self._held.get(device)
        self._held[device] = (table, conditions, layout, before[:3] if before else None)
        pointer = conditions if rules else self._ffi.NULL
        self._call(device, function, device, table[0], pointer, layout, c.EV_ASYNC)
        self._held[device] = (table, conditions, layout)

    def _table(self, source: SourceData) -> tuple[Any, Any]:
        iott = self._ffi.new("DX_IOTT *")
        memory = None
        if source.memory is not None:
            memory = self._ffi.from_buffer(source.memory)
            iott.io_type = c.IoType.MEM | c.TableEnd.EOT
            iott.io_bufp = self._ffi.cast("char *", memory)
            iott.io_length = len(source.memory)
        else:
            kind = c.IoType.UIO if source.user else c.IoType.DEV
            iott.io_type = kind | c.TableEnd.EOT
            iott.io_fhandle, iott.io_offset, iott.io_length = source.handle, source.offset, source.length
        return iott, memory

    def _conditions(self, rules: Sequence[Condition]) -> Any:
        table = self._ffi.new("DV_TPT[]", max(1, len(rules)))
        for place, rule in enumerate(rules):
            last = place == len(rules) - 1
            table[place].tp_type = c.TableEnd.EOT if last else c.TableEnd.CONT
            table[place].tp_termno, table[place].tp_length = rule.number, rule.length
            table[place].tp_flags = rule.flags
        return table

    def _layout(self, form: int, bits: int) -> Any:
        return self._ffi.new("DX_XPB *", [c.FILE_FORMAT_VOX, form, c.DRT_8KHZ, bits])

    def dial(self, device: int, digits: str) -> None:
        """Begin; TDX_DIAL follows."""
        text = self._ffi.new("char[]", digits.encode())
        self._held[device] = (text, None, None)
        self._call(device, "dx_dial", device, text, self._ffi.NULL, c.EV_ASYNC)

    def stop(self, device: int) -> None:
        """Ask a job to end; its own event follows, none if there is no job."""
        try:
            self._call(device, "dx_stopch", device, c.EV_ASYNC)
        except VendorError as error:
            if error.code != c.Error.IDLE:
                raise

    # -- tones -----------------------------------------------------------------------------------------------
    def add_tone(self, device: int, template: int, freqs_hz: tuple[int, ...], off_hz: int) -> None:
        """Make a template of one or two frequencies and give it to a channel, asleep."""
        ranges = [figure for freq_hz in freqs_hz for figure in (freq_hz, off_hz)]
        self._call(device, "dx_bldst" if len(freqs_hz) == 1 else "dx_blddt", template, *ranges, c.TN_LEADING)
        self._call(device, "dx_addtone", device, 0, 0)
        self._call(device, "dx_distone", device, template, c.DM_TONEON | c.DM_TONEOFF)

    def watch_tone(self, device: int, template: int, on: bool) -> None:
        self._call(device, "dx_enbtone" if on else "dx_distone", device, template, c.DM_TONEON | c.DM_TONEOFF)
