"""For tests: virtual time, the far end, the driver conformance kit."""

from boardcore.testing.clock import VirtualClock as VirtualClock
from boardcore.testing.clock import VirtualDeadlock as VirtualDeadlock
from boardcore.testing.clock import VirtualLoop as VirtualLoop
from boardcore.testing.far_end import FarEnd as FarEnd
