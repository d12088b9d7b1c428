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
        """Own prompt before the party on a bridge before live audio; silence is the own resource's.

        The party comes first because a bridge that is listened in to has a stream, which sends nothing.
        """
        if self.prompting:
            return self.own
        if self.partner is not None:
            return self.partner
        return self.own if self.stream is None else self.stream
