"""Tones of countries, as data with sources, and their sound: docs/tones.md has the table.

>>> from boardcore.tones import country, tone_samples
>>> busy = country("CN").busy
>>> tone_samples(busy, duration_s=0.7).size
5600
"""

from boardcore.tones._countries import COUNTRIES as COUNTRIES
from boardcore.tones._countries import country as country
from boardcore.tones._detector import ToneBurst as ToneBurst
from boardcore.tones._detector import ToneDetector as ToneDetector
from boardcore.tones._detector import ToneFound as ToneFound
from boardcore.tones._detector import ToneSet as ToneSet
from boardcore.tones._detector import tone_set as tone_set
from boardcore.tones._learn import LearnedTone as LearnedTone
from boardcore.tones._learn import Span as Span
from boardcore.tones._learn import ToneLearner as ToneLearner
from boardcore.tones._learn import learn_tones as learn_tones
from boardcore.tones._model import TONE_NAMES as TONE_NAMES
from boardcore.tones._model import Burst as Burst
from boardcore.tones._model import Country as Country
from boardcore.tones._model import RingCadence as RingCadence
from boardcore.tones._model import tone_names as tone_names
from boardcore.tones._sound import tone_samples as tone_samples
from boardcore.tones._table import cadence_text as cadence_text
from boardcore.tones._table import freqs_text as freqs_text
from boardcore.tones._table import python_text as python_text
from boardcore.tones._tone import Tone as Tone
