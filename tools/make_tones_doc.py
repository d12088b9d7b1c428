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
