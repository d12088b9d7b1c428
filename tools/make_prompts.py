"""Make the spoken prompts in boardcore/prompts from the texts below.

    python tools/make_prompts.py            write every WAV file and index.toml again
    python tools/make_prompts.py --check    compare with what is there, write nothing; exit 1 if it differs

Each text goes through espeak-ng, then to 8 kHz (soxr), the telephone band, -18 dBm0 active speech level, and
A-law. The same versions of espeak-ng and soxr give the same bytes. Another version of soxr may round a few
samples differently, which --check lets pass; another version of espeak-ng may speak differently, which it
does not.

Mandarin is given to espeak-ng as pinyin with tone numbers, not as characters: the voice `cmn` of espeak-ng
1.51 reads many characters as English letters and a digit (欢 becomes "huan five"; espeak-ng issue 1236).
Pinyin also settles characters with two readings, and the tones are written as spoken where espeak-ng's own
sandhi stops at a word's edge. A full stop inside a prompt is the ideographic one: after a digit espeak-ng
overlooks ".".
"""

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped,unused-ignore]
import soxr  # type: ignore[import-untyped,unused-ignore]
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

PROMPTS = Path(__file__).resolve().parent.parent / "boardcore" / "prompts"

RATE_HZ = 8000
LEVEL_DBM0 = -18.0
DBM0_RMS = 16141.0  # rms of a 0 dBm0 sine in int16 samples; full scale is a sine of +3.14 dBm0 (G.711)
PEAK_LIMIT = 32256  # the largest A-law value in int16 samples (G.711)
EDGE_S = 0.05  # silence kept at either end
SILENCE_DB = -40.0  # below the active level: weaker than a final f or s, stronger than the filter's ringing
BAND_HZ = (240.0, 3500.0)  # half amplitude; flat within 0.1 dB from 300 to 3400 Hz
FILTER_TAPS = 257  # with KAISER_BETA a transition of 90 Hz and 50 dB in the stop band
KAISER_BETA = 4.55
SAME_DB = -45.0  # --check: a difference this far below the speech is A-law rounding, not another sound

PITCH = {"caller": 30, "agent_hello": 70}  # espeak-ng -p, so that a demo's parties can be told apart
PITCH_SYSTEM = 50

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Voice:
    """A language and the espeak-ng voice that speaks it."""

    language: str
    name: str
    speed: int  # espeak-ng -s, nominal words a minute
    digit_speed: int  # slower: at the speed of a sentence a digit alone is over in 0.2 s
    texts: dict[str, tuple[str, str]]  # by id: what the index shows, and what espeak-ng is given


@dataclass(frozen=True, slots=True)
class Made:
    """One prompt as made: the bytes of its WAV file and its length."""

    wav: bytes
    duration_s: float


class ToolError(Exception):
    """espeak-ng is missing or failed; the message is one line for the user."""


ENGLISH = {
    "welcome": "Welcome to the customer service centre.",
    "enter_account": "Please enter your account number, then press the hash key.",
    "account_ending": "Your account number ends in",
    "wrong_input": "Sorry, that was not understood.",
    "no_input": "We did not receive any input.",
    "leave_message": "Please leave your message after the tone, then press hash.",
    "message_saved": "Thank you. Your message has been saved.",
    "connecting_agent": "Please hold while we connect you to an agent.",
    "agent_busy": "All our agents are busy.",
    "monitored": "This call may be monitored.",
    "main_menu": "For your account press 1. To leave a message press 2. To speak to an agent press 0.",
    "goodbye": "Thank you for calling. Goodbye.",
    "hold": "One moment please.",
    "conference_welcome": "You are joining the conference.",
    "system_error": "Sorry, the system is not available. Please call later.",
    "caller_message": "Hello, this is a message for my broker. Please call me back about my order.",
    "agent_hello": "Good morning, how can I help you?",
    "caller_question": "I would like to know the price of my shares, please.",
}
ENGLISH_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

MANDARIN = {
    "welcome": ("欢迎致电客户服务中心。", "huan1ying2 zhi4dian4 ke4hu4 fu2wu4 zhong1xin1."),
    "enter_account": (
        "请输入您的账号，按井号键结束。",
        "qing3 shu1ru4 nin2 de5 zhang4hao4, an4 jing3hao4jian4 jie2shu4.",
    ),
    "account_ending": ("您的账号尾号是", "nin2 de5 zhang4hao4 wei3hao4 shi4"),
    "wrong_input": ("抱歉，未能识别您的输入。", "bao4qian4, wei4neng2 shi2bie2 nin2 de5 shu1ru4."),
    "no_input": ("我们没有收到您的输入。", "wo3men5 mei2you3 shou1dao4 nin2 de5 shu1ru4."),
    "leave_message": (
        "请在提示音后留言，结束后请按井号键。",
        "qing3 zai4 ti2shi4yin1 hou4 liu2yan2, jie2shu4 hou4 qing3 an4 jing3hao4jian4.",
    ),
    "message_saved": ("谢谢，您的留言已保存。", "xie4xie5, nin2 de5 liu2yan2 yi2 bao3cun2."),
    "connecting_agent": (
        "正在为您转接人工座席，请稍候。",
        "zheng4zai4 wei4 nin2 zhuan3jie1 ren2gong1 zuo4xi2, qing3 shao1hou4.",
    ),
    "agent_busy": ("目前座席全忙。", "mu4qian2 zuo4xi2 quan2 mang2."),
    "monitored": ("本次通话可能会被监听。", "ben3ci4 tong1hua4 ke3neng2 hui4 bei4 jian1ting1."),
    "main_menu": (
        "查询账户请按一，留言请按二，人工服务请按零。",
        "cha2xun2 zhang4hu4 qing3 an4 yi1。 liu2yan2 qing3 an4 er4。 ren2gong1 fu2wu4 qing3 an4 ling2.",
    ),
    "goodbye": ("感谢您的来电，再见。", "gan3xie4 nin2 de5 lai2dian4, zai4jian4."),
    "hold": ("请稍等。", "qing3 shao1deng3."),
    "conference_welcome": ("您正在加入会议。", "nin2 zheng4zai4 jia1ru4 hui4yi4."),
    "system_error": (
        "抱歉，系统暂时无法使用，请稍后再拨。",
        "bao4qian4, xi4tong3 zan4shi2 wu2fa2 shi3yong4, qing3 shao1hou4 zai4bo1.",
    ),
    "caller_message": (
        "您好，这是给我经纪人的留言。关于我的订单，请给我回个电话。",
        "nin2hao3, zhe4 shi4 gei2 wo3 jing1ji4ren2 de5 liu2yan2。 "
        "guan1yu2 wo3 de5 ding4dan1, qing3 gei2 wo3 hui2 ge5 dian4hua4.",
    ),
    "agent_hello": (
        "早上好，请问有什么可以帮您？",
        "zao3shang5 hao3, qing3wen4 you3 shen2me5 ke2yi3 bang1 nin2?",
    ),
    "caller_question": (
        "我想查一下我的股票价格，谢谢。",
        "wo2 xiang3 cha2 yi2xia4 wo3 de5 gu3piao4 jia4ge2, xie4xie5.",
    ),
}
MANDARIN_DIGITS = (
    ("零", "ling2"), ("一", "yi1"), ("二", "er4"), ("三", "san1"), ("四", "si4"),
    ("五", "wu3"), ("六", "liu4"), ("七", "qi1"), ("八", "ba1"), ("九", "jiu3"),
)  # fmt: skip

VOICES = (
    Voice(
        "en",
        "en",
        175,
        140,
        {f"digit_{n}": (word, f"{word}.") for n, word in enumerate(ENGLISH_DIGITS)}
        | {prompt_id: (text, text) for prompt_id, text in ENGLISH.items()},
    ),
    Voice(
        "zh",
        "cmn-latn-pinyin",
        205,
        125,
        {f"digit_{n}": (sign, f"{pinyin}.") for n, (sign, pinyin) in enumerate(MANDARIN_DIGITS)} | MANDARIN,
    ),
)


def speak(program: str, voice: Voice, prompt_id: str) -> Samples:
    """Have espeak-ng say one prompt; float samples in int16 scale at 8 kHz.

    Raises:
        ToolError: espeak-ng failed, as it does when it lacks the voice.
    """
    pitch = next((value for start, value in PITCH.items() if prompt_id.startswith(start)), PITCH_SYSTEM)
    speed = voice.digit_speed if prompt_id.startswith("digit_") else voice.speed
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        options = ["-v", voice.name, "-s", str(speed), "-p", str(pitch), "-b", "1", "-w", str(path)]
        run = subprocess.run(
            [program, *options, voice.texts[prompt_id][1]], capture_output=True, text=True, check=False
        )
        if run.returncode != 0 or not path.exists():
            said = " ".join(run.stderr.split()) or f"exit status {run.returncode}"
            raise ToolError(f"espeak-ng failed with voice {voice.name!r} on {prompt_id}: {said}")
        samples, rate_hz = soundfile.read(path, dtype="int16")
    return np.asarray(soxr.resample(samples.astype(np.float64), rate_hz, RATE_HZ, quality="VHQ"))


def band_limit(samples: Samples) -> Samples:
    """Keep the telephone band, by a linear-phase filter whose delay is taken out."""
    n = np.arange(FILTER_TAPS) - FILTER_TAPS // 2
    low, high = (2 * edge / RATE_HZ * np.sinc(2 * edge / RATE_HZ * n) for edge in BAND_HZ)
    taps = (high - low) * np.kaiser(FILTER_TAPS, KAISER_BETA)
    padded = np.pad(samples, FILTER_TAPS)
    return np.convolve(padded, taps, mode="same")


def active_level(samples: Samples) -> float:
    """Measure the active speech level in dB over an rms of 1, by method B of ITU-T P.56.

    The envelope is smoothed twice with 30 ms; a threshold counts as active from when the envelope reaches it
    until 200 ms after it falls below; the level wanted is the one 15.9 dB above its own threshold.
    """
    decay = np.exp(-1 / (RATE_HZ * 0.03))
    hangover = int(0.2 * RATE_HZ)
    envelope = np.abs(samples)
    for _ in range(2):
        state = 0.0
        for i, value in enumerate(envelope):
            state = decay * state + (1 - decay) * value
            envelope[i] = state
    energy = float(np.sum(samples**2))
    n = np.arange(len(samples))
    above: tuple[float, float] | None = None  # level and margin at the last threshold below the wanted margin
    for threshold_db in np.arange(90.0, 0.0, -0.5):
        reached = np.maximum.accumulate(np.where(envelope >= 10 ** (threshold_db / 20), n, -hangover - 1))
        active = int(np.count_nonzero(n - reached <= hangover))
        if active == 0:
            continue
        level_db = 10 * np.log10(energy / active)
        margin_db = level_db - threshold_db
        if margin_db >= 15.9:
            if above is None:
                return float(level_db)
            part = (15.9 - above[1]) / (margin_db - above[1])
            return float(above[0] + part * (level_db - above[0]))
        above = (float(level_db), float(margin_db))
    raise ToolError("espeak-ng gave silence")


def trim(samples: Samples) -> Samples:
    """Cut the silence at both ends down to EDGE_S."""
    edge = int(EDGE_S * RATE_HZ)
    frame = RATE_HZ // 100
    whole = np.pad(samples, (edge, edge + (-len(samples) - 2 * edge) % frame))
    power = np.mean(whole.reshape(-1, frame) ** 2, axis=1)
    loud = np.flatnonzero(power > 10 ** ((active_level(whole) + SILENCE_DB) / 10))
    return whole[max(0, loud[0] * frame - edge) : (loud[-1] + 1) * frame + edge]


def normalise(samples: Samples) -> NDArray[np.int16]:
    """Bring the active level to LEVEL_DBM0, or as near as the peak allows."""
    wanted = 20 * np.log10(DBM0_RMS) + LEVEL_DBM0
    gain = 10 ** ((wanted - active_level(samples)) / 20)
    gain = min(gain, PEAK_LIMIT / float(np.max(np.abs(samples))))
    return np.asarray(np.round(samples * gain), dtype=np.int16)


def make(program: str, voice: Voice, prompt_id: str) -> Made:
    """Speak, filter, cut, level and encode one prompt."""
    samples = normalise(trim(band_limit(speak(program, voice, prompt_id))))
    wav = io.BytesIO()
    soundfile.write(wav, samples, RATE_HZ, format="WAV", subtype="ALAW")
    return Made(wav.getvalue(), len(samples) / RATE_HZ)


def index_text(voice: Voice, made: dict[str, Made]) -> str:
    """Write the index of one language."""
    lines = [
        "# Written by tools/make_prompts.py; change the texts there.",
        f'language = "{voice.language}"',
        f'voice = "espeak-ng {voice.name}"',
    ]
    for prompt_id, (text, _) in voice.texts.items():
        lines += [
            "",
            f"[prompts.{prompt_id}]",
            f'file = "{prompt_id}.wav"',
            f'text = "{text}"',
            f"duration_s = {made[prompt_id].duration_s:.3f}",
        ]
    return "\n".join(lines) + "\n"


def write(voice: Voice, made: dict[str, Made]) -> None:
    """Put one language's files in place, and remove audio that no text stands for any more."""
    folder = PROMPTS / voice.language
    folder.mkdir(parents=True, exist_ok=True)
    for prompt_id, prompt in made.items():
        (folder / f"{prompt_id}.wav").write_bytes(prompt.wav)
    for stale in folder.glob("*.wav"):
        if stale.stem not in made:
            stale.unlink()
    (folder / "index.toml").write_text(index_text(voice, made), encoding="utf-8")


def differences(voice: Voice, made: dict[str, Made]) -> list[str]:
    """Say, a line each, how the shipped files of one language differ from those just made."""
    folder = PROMPTS / voice.language
    found = [
        f"{voice.language}/{stale.name}: no text for it"
        for stale in sorted(folder.glob("*.wav"))
        if stale.stem not in made
    ]
    for prompt_id, prompt in made.items():
        said = audio_difference(folder / f"{prompt_id}.wav", prompt)
        if said:
            found.append(f"{voice.language}/{prompt_id}.wav: {said}")
    index = folder / "index.toml"
    if not index.exists() or index.read_text(encoding="utf-8") != index_text(voice, made):
        found.append(f"{voice.language}/index.toml: {'differs' if index.exists() else 'missing'}")
    return found


def audio_difference(path: Path, made: Made) -> str:
    """Say how a shipped file differs from the one just made; empty if it does not."""
    if not path.exists():
        return "missing"
    if path.read_bytes() == made.wav:
        return ""
    try:
        old, rate_hz = soundfile.read(path, dtype="float64")
    except soundfile.LibsndfileError as error:
        return f"cannot be read: {error}"
    new, _ = soundfile.read(io.BytesIO(made.wav), dtype="float64")
    if (rate_hz, old.shape) != (RATE_HZ, new.shape):
        shipped = f"{len(old) / rate_hz:.3f} s at {rate_hz} Hz"
        return f"shipped {shipped}, made {made.duration_s:.3f} s at {RATE_HZ} Hz"
    apart_db = 10 * np.log10(max(float(np.sum((old - new) ** 2)), 1e-12) / float(np.sum(new**2)))
    return "" if apart_db <= SAME_DB else f"other audio, difference {apart_db:.0f} dB to the speech"


def main() -> int:
    """Run the command; 0 done or no difference, 1 differences, 2 espeak-ng is missing or failed."""
    parser = argparse.ArgumentParser(description="Make the spoken prompts of boardcore with espeak-ng.")
    parser.add_argument("--check", action="store_true", help="compare with the shipped files, write nothing")
    check: bool = parser.parse_args().check
    console = Console(stderr=True)
    program = shutil.which("espeak-ng")
    if program is None:
        lack = "no espeak-ng on PATH: install it, on Debian `apt-get install espeak-ng`"
        print(f"make_prompts: {lack}", file=sys.stderr)
        return 2
    jobs = [(voice, prompt_id) for voice in VOICES for prompt_id in voice.texts]
    made: dict[str, dict[str, Made]] = {voice.language: {} for voice in VOICES}
    try:
        for voice, prompt_id in track(jobs, "Speaking", console=console, disable=not console.is_terminal):
            made[voice.language][prompt_id] = make(program, voice, prompt_id)
    except ToolError as error:
        print(f"make_prompts: {error}", file=sys.stderr)
        return 2
    return report(made, check, console)


def report(made: dict[str, dict[str, Made]], check: bool, console: Console) -> int:
    """Write or compare; print differences always, the summary only on a terminal."""
    found: list[str] = []
    for voice in VOICES:
        if check:
            found += differences(voice, made[voice.language])
        else:
            write(voice, made[voice.language])
    for line in found:
        print(line)
    if console.is_terminal and not found:
        prompts = [prompt for by_id in made.values() for prompt in by_id.values()]
        kilobytes = sum(len(prompt.wav) for prompt in prompts) / 1000
        console.print(f"{len(prompts)} prompts, {kilobytes:.0f} kB: {'as shipped' if check else 'written'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
