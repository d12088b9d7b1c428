"""The tables in the C sources are what their scripts make."""

import subprocess
import sys
from pathlib import Path

import pytest

DSP = Path(__file__).parents[2] / "dsp"


@pytest.mark.parametrize("name", ["sine", "dtmf", "mf", "modem", "g711"])
def test_table_is_what_its_script_makes(name: str) -> None:
    script = DSP / "tables" / f"make_{name}.py"
    made = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True).stdout
    assert made == (DSP / "src" / f"{name}_table.inc").read_text()
