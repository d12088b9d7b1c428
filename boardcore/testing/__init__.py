"""For tests: virtual time, the far end, the driver conformance kit."""

from boardcore.testing.clock import VirtualClock as VirtualClock
from boardcore.testing.clock import VirtualDeadlock as VirtualDeadlock
from boardcore.testing.clock import VirtualLoop as VirtualLoop
from boardcore.testing.far_end import FarEnd as FarEnd
from boardcore.testing.far_end import FarEndLacks as FarEndLacks
from boardcore.testing.kit import Bench as Bench
from boardcore.testing.kit import Check as Check
from boardcore.testing.kit import Clock as Clock
from boardcore.testing.kit import ConformanceFailed as ConformanceFailed
from boardcore.testing.kit import Nonconformance as Nonconformance
from boardcore.testing.kit import Outcome as Outcome
from boardcore.testing.kit import RealClock as RealClock
from boardcore.testing.kit import Report as Report
from boardcore.testing.kit import Setup as Setup
from boardcore.testing.kit import Unsupported as Unsupported
from boardcore.testing.kit import Verdict as Verdict
from boardcore.testing.kit import check_driver as check_driver
from boardcore.testing.kit import conformance_checks as conformance_checks
from boardcore.testing.kit import run_check as run_check
from boardcore.testing.paced import PacedClock as PacedClock
from boardcore.testing.paced import PacedLoop as PacedLoop
