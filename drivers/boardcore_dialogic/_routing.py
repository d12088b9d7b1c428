"""Which timeslot a line hears: the one place where that is decided. Pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Routes"]


@dataclass(slots=True)
class Routes:
    """What wants to be heard on a line; a line can listen to one timeslot only."""

    own: int  # the voice resource of the line's own channel: prompts, and silence between them
    prompting: bool = False
    stream: int | None = None
    partner: int | None = None

    @property
    def heard(self) -> int:
        """Own prompt before live audio before the party on a bridge; silence is the own resource's."""
        if self.prompting:
            return self.own
        if self.stream is not None:
            return self.stream
        return self.own if self.partner is None else self.partner
