"""The shipped prompts: what the index says is what the files are, and the audio fits a telephone line."""

import importlib.util
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped,unused-ignore]
from numpy.typing import NDArray

from boardcore.prompts import Prompt, languages, prompt_index, prompt_path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "make_prompts.py"
DBM0_RMS = 16141.0
ALAW_MAX = 32256  # the largest value that A-law can carry, so a clipped sample shows as this
TOTAL_BYTES = 850_000
LANGUAGES = ("en", "zh")
PHRASES = {
    "account_ending", "agent_busy", "agent_hello", "caller_message", "caller_question", "conference_welcome",
    "connecting_agent", "enter_account", "goodbye", "hold", "leave_message", "main_menu", "message_saved",
    "monitored", "no_input", "system_error", "welcome", "wrong_input",
}  # fmt: skip
DIGITS = {f"digit_{n}" for n in range(10)}
EVERY = [
    pytest.param(prompt, id=f"{language}-{prompt.id}")
    for language in LANGUAGES
    for prompt in prompt_index(language).values()
]


def read(prompt: Prompt) -> NDArray[np.float64]:
    samples, _ = soundfile.read(prompt.path, dtype="int16")
    return np.asarray(samples, dtype=np.float64)


def dbm0(samples: NDArray[np.float64]) -> float:
    return 20 * math.log10(max(float(np.sqrt(np.mean(samples**2))), 1e-3) / DBM0_RMS)


def test_languages_are_sorted_and_have_the_same_ids() -> None:
    assert languages() == LANGUAGES
    for language in LANGUAGES:
        assert set(prompt_index(language)) == PHRASES | DIGITS


@pytest.mark.parametrize("language", LANGUAGES)
def test_index_and_folder_name_the_same_files(language: str) -> None:
    index = prompt_index(language)
    folder = prompt_path("welcome", language).parent
    assert {prompt.path for prompt in index.values()} == set(folder.glob("*.wav"))
    assert all(prompt_path(prompt_id, language) == prompt.path for prompt_id, prompt in index.items())
    assert all(prompt.id == prompt_id and prompt.text for prompt_id, prompt in index.items())


@pytest.mark.parametrize("prompt", EVERY)
def test_file_is_telephone_audio_of_the_indexed_length(prompt: Prompt) -> None:
    info = soundfile.info(prompt.path)
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("WAV", "ALAW", 8000, 1)
    assert prompt.duration_s == pytest.approx(info.frames / info.samplerate, abs=0.010)


@pytest.mark.parametrize("prompt", EVERY)
def test_speech_level_peak_and_silence_at_the_ends(prompt: Prompt) -> None:
    samples = read(prompt)
    frames = samples[: len(samples) // 80 * 80].reshape(-1, 80)
    spoken = np.array([dbm0(frame) > -58.0 for frame in frames])  # 40 dB under the speech
    assert -19.5 <= dbm0(frames[spoken]) <= -15.5  # no hangover here, so up to 2 dB above the -18 of P.56
    assert np.max(np.abs(samples)) < ALAW_MAX
    first, last = np.flatnonzero(spoken)[[0, -1]]
    assert 3 <= first <= 8  # frames of 10 ms
    assert 3 <= len(frames) - 1 - last <= 8


@pytest.mark.parametrize("prompt", EVERY)
def test_energy_is_in_the_telephone_band(prompt: Prompt) -> None:
    power = np.abs(np.fft.rfft(read(prompt))) ** 2
    freq_hz = np.linspace(0, 4000, len(power))
    outside = float(np.sum(power[(freq_hz < 200) | (freq_hz > 3600)]))
    assert outside < 1e-3 * float(np.sum(power))


def test_total_size_is_bounded() -> None:
    files = [prompt.path for language in LANGUAGES for prompt in prompt_index(language).values()]
    assert sum(path.stat().st_size for path in files) < TOTAL_BYTES


def test_index_is_read_only() -> None:
    with pytest.raises(TypeError):
        prompt_index("en")["welcome"] = prompt_index("en")["hold"]  # type: ignore[index]  # pyright: ignore[reportIndexIssue]


@pytest.mark.parametrize(
    ("prompt_id", "language", "message"),
    [
        ("welcom", "en", "unknown prompt 'welcom' in language 'en'; near matches: welcome"),
        ("Hold", "zh", "unknown prompt 'Hold' in language 'zh'; near matches: hold"),
        ("xyzzy", "en", "unknown prompt 'xyzzy' in language 'en'; prompt_index('en') lists all 28"),
        ("../en/hold", "..", "unknown prompt language '..'; there is en, zh"),
        ("hold", "zh-CN", "unknown prompt language 'zh-CN'; near matches: zh; there is en, zh"),
        ("hold", "", "unknown prompt language ''; there is en, zh"),
    ],
)
def test_unknown_names_are_one_clear_line(prompt_id: str, language: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        prompt_path(prompt_id, language)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool as a module."""
    spec = importlib.util.spec_from_file_location("make_prompts", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "make_prompts", module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_indexed_texts_are_those_of_the_tool(tool: ModuleType) -> None:
    for voice in tool.VOICES:
        shown = {prompt_id: text for prompt_id, (text, _) in voice.texts.items()}
        assert {prompt_id: prompt.text for prompt_id, prompt in prompt_index(voice.language).items()} == shown


def test_active_level_of_a_tone_with_pauses(tool: ModuleType) -> None:
    """P.56: a pause beyond the 200 ms hangover does not lower the level, the hangover a little."""
    tone = math.sqrt(2) * 1000 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 8000)
    steady = tool.active_level(tone)
    paused = tool.active_level(np.concatenate([tone, np.zeros(40000), tone]))
    assert steady == pytest.approx(60.0, abs=0.3)
    assert paused == pytest.approx(steady, abs=0.6)


def test_tool_without_espeak_says_so_in_one_line(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(TOOL), "--check"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert "espeak-ng" in run.stderr
