"""The driver contract: protocols, jobs, events, capabilities. See `contract`."""

from boardcore.ports.capabilities import Capability as Capability
from boardcore.ports.contract import *  # noqa: F403
from boardcore.ports.contract import __all__ as _contract
from boardcore.ports.events import *  # noqa: F403
from boardcore.ports.events import __all__ as _events
from boardcore.ports.jobs import *  # noqa: F403
from boardcore.ports.jobs import __all__ as _jobs

__all__ = ["Capability", *_contract, *_events, *_jobs]  # pyright: ignore[reportUnsupportedDunderAll]
