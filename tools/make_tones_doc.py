"""Writes docs/tones.md from the profiles in boardcore.tones: `python tools/make_tones_doc.py`. A test compares them."""

from __future__ import annotations

from pathlib import Path

from boardcore.tones import COUNTRIES, TONE_NAMES, Country, cadence_text, freqs_text

DOC = Path(__file__).resolve().parents[1] / "docs" / "tones.md"

HEAD = """# Tones of countries

Made from the data in `boardcore/tones` by `tools/make_tones_doc.py`; change them there. `boardcore tones list` shows
the same, `boardcore tones play CN busy --out busy.wav` makes one audible.

```python
from boardcore.tones import country, tone_samples

busy = country("CN").busy
samples = tone_samples(busy, duration_s=10)  # int16 at 8000 Hz, the same bits on every machine
spec = busy.to_spec()                        # the job for a channel's media; ToneError where a ToneSpec has no room
```

Reading it. Frequencies in hertz: `350+440` together, `950/1400/1800` one after the other, `400×25` modulated by 25 Hz.
Cadences in seconds: on-off-on-off, repeated, unless it says how it goes on. Level: of each frequency (of the carrier).
A tone that a country lacks, or that is not known, has no row: busy tone serves for congestion then.

How sure it is. The originals, ITU-T E.180 Supplement 2 and the national standards, were not at hand: "quoted" is what
another text says that they say. "unverified" is from memory, from one place that names no source, or where two places
differ. Levels are E.180's recommended −10 dBm0, unverified for every country but the United States. Whoever has the
line to test on trusts the line more than this table.

`country=` of a `sim:` or `dialogic:` address chooses the profile: the simulated exchange sends its tones and rings in
its cadence, and channels listen for its tones; `call-progress.md` says what those do.

## Learning tones

`boardcore tones learn RECORDING.wav` finds the tones in a recording (any format and rate that libsndfile reads, every
channel) and prints them as a table and as Python to paste; `--json` has all that is known. In a program:

```python
from boardcore.tones import ToneLearner, learn_tones

for heard in learn_tones(samples):         # int16 at 8000 Hz
    print(heard.tone, heard.cycles, heard.heard, heard.unsure)

learner = ToneLearner(source="trunk 7")    # or from a live line, block by block
async with call.stream() as audio:
    async for block in audio:
        learner.process(block)
        if learner.duration_s > 20:
            break
tones = learner.result()
```

One to four frequencies at a time are told, 8 Hz or more apart, or carriers with their modulation (rate and depth);
cadences of up to 16 bursts, of which each may have frequencies of its own; steady tones; bursts that go over into a
steady tone; sequences sent once. Levels are each frequency's in dBm0. The tolerances are never less than 10 Hz (two
fifths of the distance between near frequencies) and a tenth of each time, and twice what was seen to vary. Speech and
digits are not learned. `unsure` says what the recording was too short to tell: two or three cycles of every cadence
leave no doubt. Noise up to 15 dB below the tone does no harm, bursts of 50 ms and pauses of 30 ms are found, and edges
are right to a millisecond or two. A lone sound shorter than 1.2 s is taken for a burst sent once, a longer one for a
steady tone. Where the same tones repeat as a whole (busy, pause, busy, pause) the row itself is a cadence.
"""


def _section(profile: Country) -> str:
    ring = ", ".join(f"{on_s:g}-{off_s:g}" for on_s, off_s in profile.ring.cadence_s)
    law = {"a": "A-law", "mu": "µ-law"}[profile.law]
    lines = [
        f"\n## {profile.name} (`{profile.code}`)\n",
        f"{law}. Ringing {ring} s ({profile.ring.source}).\n",
        "| tone | Hz | ± Hz | cadence, s | dBm0 | source |",
        "|---|---|---|---|---|---|",
    ]
    for name, tone in profile.tones.items():
        cells = (f"`{name}`", freqs_text(tone), f"{tone.freq_tolerance_hz:g}", cadence_text(tone))
        lines.append(f"| {' | '.join(cells)} | {tone.level_dbm0:g} | {tone.source} |")
    lacks = [f"`{name}`" for name in TONE_NAMES if name not in profile.tones]
    if lacks:
        lines.append(f"\nNo row: {', '.join(lacks)}.")
    return "\n".join(lines) + "\n"


def document() -> str:
    """Return the whole text."""
    return HEAD + "".join(_section(COUNTRIES[code]) for code in sorted(COUNTRIES))


if __name__ == "__main__":
    DOC.write_text(document(), encoding="utf-8")
