"""A simulated telephone exchange: lines, numbers, subscribers."""

from boardcore_simulators.client import RemoteExchange as RemoteExchange
from boardcore_simulators.client import RemoteFarEnd as RemoteFarEnd
from boardcore_simulators.client import RemoteSubscriber as RemoteSubscriber
from boardcore_simulators.exchange import Exchange as Exchange
from boardcore_simulators.line import LineQuality as LineQuality
from boardcore_simulators.plan import CHINA as CHINA
from boardcore_simulators.plan import Plan as Plan
from boardcore_simulators.process import SimulatorFailed as SimulatorFailed
from boardcore_simulators.process import SimulatorProcess as SimulatorProcess
from boardcore_simulators.subscriber import Subscriber as Subscriber
