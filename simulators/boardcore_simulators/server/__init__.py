"""The simulator server: simulated boards for programs in other processes. See docs/simulator-protocol.md."""

from boardcore_simulators.server._premises import Installation as Installation
from boardcore_simulators.server._server import serving as serving
