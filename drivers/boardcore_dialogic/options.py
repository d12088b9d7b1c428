"""Options of `dialogic:` addresses."""

from __future__ import annotations

from dataclasses import dataclass

from boardcore.tones import Country, country, tone_names

__all__ = ["DialogicOptions"]


@dataclass(frozen=True, slots=True)
class DialogicOptions:
    """`dialogic:?library=libdxxx.so&boards=1,2`: voice boards behind the vendor's library.

    Attributes:
        library: The vendor's library by name or path, or `simulated`: the one that an installed simulator offers.
        boards: Numbers of the boards to use, with commas; empty: all.
        country: Whose call-progress tones the lines hear, by code or name.
        progress_hz: The one frequency of those tones, for a network that is in no profile; 0: those of the country.
        disconnect_tones: Tones that end a call that hears them, with commas; empty: none.
        hang_limit_s: A call into the library, or an event that it owes, that takes longer takes its channel out of
            service.
        workers: Threads that call into the library.
        max_hung: So many workers that never came back are replaced, then there are fewer.
    """

    name: str = ""
    library: str = "libdxxx.so"
    boards: str = ""
    country: str = "CN"
    progress_hz: int = 0
    disconnect_tones: str = "busy,congestion,howler"
    hang_limit_s: float = 5.0
    workers: int = 8
    max_hung: int = 8

    def __post_init__(self) -> None:
        if self.name:
            raise ValueError(f"a dialogic: address has options only, not the name {self.name!r}")
        if not self.library:
            raise ValueError("library: wanted a name, a path or 'simulated', not an empty text")
        if self.progress_hz and not 300 <= self.progress_hz <= 1000:
            raise ValueError(f"progress_hz must be 300 to 1000, or 0, not {self.progress_hz}")
        if not 0.1 <= self.hang_limit_s <= 600:
            raise ValueError(f"hang_limit_s must be 0.1 to 600, not {self.hang_limit_s!r}")
        if not (1 <= self.workers <= 64 and 0 <= self.max_hung <= 64):
            raise ValueError(f"workers must be 1 to 64, max_hung 0 to 64, not {self.workers} and {self.max_hung}")
        _ = self.board_numbers, self.profile, self.disconnect_names

    @property
    def profile(self) -> Country:
        """Raises UnknownCountry."""
        return country(self.country)

    @property
    def disconnect_names(self) -> frozenset[str]:
        """Those of `disconnect_tones`."""
        return tone_names(self.disconnect_tones, "disconnect_tones")

    @property
    def board_numbers(self) -> tuple[int, ...]:
        """Those of `boards`; empty: all."""
        parts = [part.strip() for part in self.boards.split(",")] if self.boards else []
        if not all(part.isdecimal() and 1 <= int(part) <= 999 for part in parts):
            raise ValueError(f"boards must be numbers from 1 on with commas, like 1,2, not {self.boards!r}")
        return tuple(int(part) for part in parts)
