"""WAV files against independent judges: libsndfile (through soundfile), Python's `wave`, sox."""

import io
import os
import shutil
import struct
import subprocess
import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile  # type: ignore[import-untyped,unused-ignore]  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boardcore._native import ffi, lib
from boardcore.errors import MediaFormatError
from boardcore.media._wav import WavEncoding, wav_info

Samples = npt.NDArray[np.int16]

SUBTYPE = {lib.BC_WAV_PCM16: "PCM_16", lib.BC_WAV_ALAW: "ALAW", lib.BC_WAV_ULAW: "ULAW"}
encodings = pytest.mark.parametrize("encoding", SUBTYPE, ids=list(SUBTYPE.values()))
RESULTS = {lib.BC_OK, lib.BC_EFORMAT, lib.BC_ETRUNC, lib.BC_EUNSUP}


def noise(n: int, seed: int = 1) -> Samples:
    """n samples over the whole range, the extremes among them."""
    samples = np.random.default_rng(seed).integers(-32768, 32768, n).astype(np.int16)
    samples[: min(n, 2)] = [32767, -32768][: min(n, 2)]
    return samples


def write(path: Path, encoding: int, samples: Samples, step: int = 80, append: bool = False) -> None:
    error = ffi.new("int *")
    writer = lib.bc_wav_writer_open(os.fsencode(path), encoding, append, error)
    assert writer != ffi.NULL, error[0]
    for at in range(0, len(samples), step):
        part = np.ascontiguousarray(samples[at : at + step])
        assert lib.bc_wav_writer_write(writer, ffi.from_buffer("int16_t[]", part), len(part)) == lib.BC_OK
    assert lib.bc_wav_writer_close(writer) == lib.BC_OK


def read(path: Path, step: int = 80) -> Samples:
    error = ffi.new("int *")
    reader = lib.bc_wav_reader_open(os.fsencode(path), ffi.NULL, error)
    assert reader != ffi.NULL, error[0]
    total = lib.bc_wav_reader_samples(reader)
    parts = [np.zeros(0, np.int16)]
    while True:
        part = np.zeros(step, np.int16)
        n = lib.bc_wav_reader_read(reader, ffi.from_buffer("int16_t[]", part, require_writable=True), step)
        assert n >= 0
        if n == 0:
            break
        parts.append(part[:n])
    lib.bc_wav_reader_close(reader)
    samples = np.concatenate(parts)
    assert len(samples) == total
    return samples


def parse(octets: bytes, file_bytes: int | None = None) -> tuple[int, Any]:
    info = ffi.new("bc_wav_info *")
    size = len(octets) if file_bytes is None else file_bytes
    return lib.bc_wav_parse(ffi.from_buffer("uint8_t[]", octets), len(octets), size, info), info


def judged(path: Path, subtype: str) -> Samples:
    """What libsndfile reads, after it has agreed to the format."""
    about = soundfile.info(str(path))
    assert (about.samplerate, about.channels, about.subtype) == (8000, 1, subtype)
    samples, _ = soundfile.read(str(path), dtype="int16")
    assert about.frames == len(samples)
    return np.asarray(samples, np.int16)


def through(encoding: int, samples: Samples) -> Samples:
    """The samples after coding and decoding by libsndfile."""
    memory = io.BytesIO()
    soundfile.write(memory, samples, 8000, SUBTYPE[encoding], format="WAV")
    memory.seek(0)
    decoded, _ = soundfile.read(memory, dtype="int16")
    return np.asarray(decoded, np.int16)


@encodings
@pytest.mark.parametrize("n", [0, 1, 2, 79, 80, 4096, 8193, 20_001])
def test_libsndfile_reads_what_we_write(tmp_path: Path, encoding: int, n: int) -> None:
    path = tmp_path / "x.wav"
    # Samples that the coding holds exactly, so that the judge's rounding does not matter.
    exact = through(encoding, noise(n)) if n else noise(0)
    write(path, encoding, exact)
    np.testing.assert_array_equal(judged(path, SUBTYPE[encoding]), exact)
    np.testing.assert_array_equal(read(path), exact)
    octets = n * (2 if encoding == lib.BC_WAV_PCM16 else 1)
    assert path.stat().st_size == lib.BC_WAV_HEADER + octets + octets % 2


@encodings
def test_libsndfile_reads_what_we_append(tmp_path: Path, encoding: int) -> None:
    path = tmp_path / "x.wav"
    exact = through(encoding, noise(1001))
    for at in range(0, 1001, 143):  # an odd count: a pad octet to take back each time
        write(path, encoding, exact[at : at + 143], append=True)
        np.testing.assert_array_equal(judged(path, SUBTYPE[encoding]), exact[: at + 143])


@encodings
@pytest.mark.parametrize("layout", ["WAV", "WAVEX"])
@pytest.mark.parametrize("n", [1, 2, 8001])
def test_we_read_what_libsndfile_writes(tmp_path: Path, encoding: int, layout: str, n: int) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(str(path), noise(n), 8000, SUBTYPE[encoding], format=layout)
    np.testing.assert_array_equal(read(path), judged(path, SUBTYPE[encoding]))


@pytest.mark.parametrize("encoding", [lib.BC_WAV_ALAW, lib.BC_WAV_ULAW])
def test_every_octet_decodes_as_in_libsndfile(tmp_path: Path, encoding: int) -> None:
    path = tmp_path / "x.wav"
    header = ffi.new("uint8_t[]", lib.BC_WAV_HEADER)
    assert lib.bc_wav_header(header, encoding, 256) == lib.BC_OK
    path.write_bytes(bytes(ffi.buffer(header)) + bytes(range(256)))
    np.testing.assert_array_equal(read(path), judged(path, SUBTYPE[encoding]))


@encodings
def test_appending_to_a_file_of_libsndfile(tmp_path: Path, encoding: int) -> None:
    path = tmp_path / "x.wav"
    exact = through(encoding, noise(301))
    soundfile.write(str(path), exact[:100], 8000, SUBTYPE[encoding], format="WAV")
    write(path, encoding, exact[100:], append=True)
    np.testing.assert_array_equal(judged(path, SUBTYPE[encoding]), exact)


@encodings
def test_appending_after_metadata_is_refused(tmp_path: Path, encoding: int) -> None:
    path = tmp_path / "x.wav"
    with soundfile.SoundFile(str(path), "w", 8000, 1, SUBTYPE[encoding], format="WAV") as file:
        file.write(noise(100))
        file.title = "after the data"
    before = path.read_bytes()
    error = ffi.new("int *")
    assert lib.bc_wav_writer_open(os.fsencode(path), encoding, True, error) == ffi.NULL
    assert error[0] == lib.BC_EFORMAT
    assert path.read_bytes() == before


@encodings
def test_the_file_is_whole_after_every_write(tmp_path: Path, encoding: int) -> None:
    path = tmp_path / "x.wav"
    exact = through(encoding, noise(900))
    writer = lib.bc_wav_writer_open(os.fsencode(path), encoding, False, ffi.NULL)
    for at in range(0, 900, 75):
        part = np.ascontiguousarray(exact[at : at + 75])
        assert lib.bc_wav_writer_write(writer, ffi.from_buffer("int16_t[]", part), 75) == lib.BC_OK
        np.testing.assert_array_equal(judged(path, SUBTYPE[encoding]), exact[: at + 75])
    assert lib.bc_wav_writer_close(writer) == lib.BC_OK


def test_the_standard_library_reads_our_pcm(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    samples = noise(12_345)
    write(path, lib.BC_WAV_PCM16, samples)
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        np.testing.assert_array_equal(np.frombuffer(file.readframes(1 << 20), "<i2"), samples)


def test_we_read_pcm_of_the_standard_library(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    samples = noise(777)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    np.testing.assert_array_equal(read(path), samples)
    assert wav_info(path).native


@pytest.mark.peers
@encodings
@pytest.mark.skipif(shutil.which("sox") is None, reason="sox is not installed")
def test_sox_reads_ours_and_we_read_sox(tmp_path: Path, encoding: int) -> None:
    ours, theirs, piped = tmp_path / "ours.wav", tmp_path / "theirs.wav", tmp_path / "piped.wav"
    exact = through(encoding, noise(1001))
    write(ours, encoding, exact)
    run = subprocess.run(["sox", "-D", ours, theirs], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    np.testing.assert_array_equal(read(theirs), exact)
    with piped.open("wb") as out:  # sizes that a writer to a pipe cannot know
        pipe = f"sox -D {ours} -t wav - | cat"
        subprocess.run(pipe, shell=True, stdout=out, stderr=subprocess.PIPE, check=True)
    np.testing.assert_array_equal(read(piped)[:1001], exact)


# ---- hostile files ----


def a_file(encoding: int, layout: str) -> bytes:
    memory = io.BytesIO()
    soundfile.write(memory, noise(60), 8000, SUBTYPE[encoding], format=layout)
    return memory.getvalue()


def our_file(encoding: int) -> bytes:
    header = ffi.new("uint8_t[]", lib.BC_WAV_HEADER)
    assert lib.bc_wav_header(header, encoding, 51) == lib.BC_OK
    return bytes(ffi.buffer(header)) + bytes(range(52))


FILES = [a_file(e, layout) for e in SUBTYPE for layout in ("WAV", "WAVEX")] + [our_file(e) for e in SUBTYPE]
WORDS = [0, 1, 2, 8, 15, 16, 18, 40, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFE, 0x7FFFFFFF,
         0x80000000, 0xFFFFFFFE, 0xFFFFFFFF]
NAMES = [b"RIFF", b"RF64", b"RIFX", b"WAVE", b"fmt ", b"fact", b"data", b"LIST", b"ds64", b"JUNK"]
words = st.sampled_from(WORDS).map(lambda word: struct.pack("<I", word))
octets_of_any_kind = words | st.sampled_from(NAMES) | st.binary(min_size=1, max_size=6)
patches = st.lists(st.tuples(st.integers(0, 90), octets_of_any_kind), max_size=5)
Changes = list[tuple[int, bytes]]


def patched(octets: bytes, changes: Changes, cut: int) -> bytes:
    work = bytearray(octets)
    for at, new in changes:
        work[at : at + len(new)] = new
    return bytes(work[: len(work) - cut])


@settings(max_examples=2000)
@given(st.sampled_from(FILES), patches, st.integers(0, 120))
def test_mutated_headers_give_a_defined_result(octets: bytes, changes: Changes, cut: int) -> None:
    work = patched(octets, changes, cut)
    result, info = parse(work)
    assert result in RESULTS
    if result in (lib.BC_OK, lib.BC_EUNSUP):
        assert info.data_offset + info.data_bytes <= len(work)
    for head in range(0, len(work), 11):
        shorter, partial = parse(work[:head], len(work))
        if shorter != lib.BC_EFULL:
            assert shorter == result
            assert bytes(ffi.buffer(partial)) == bytes(ffi.buffer(info))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), patches, st.integers(0, 120))
def test_mutated_files_give_info_or_its_error(
    tmp_path: Path, octets: bytes, changes: Changes, cut: int
) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(patched(octets, changes, cut))
    try:
        info = wav_info(path)
    except MediaFormatError as error:
        assert str(path) in str(error)
    else:
        assert info.channels > 0
        assert info.rate_hz > 0
        if info.native:
            assert len(read(path)) == info.samples


@given(st.binary(max_size=200))
def test_noise_is_not_a_wav_file(octets: bytes) -> None:
    assert parse(octets)[0] in {lib.BC_EFORMAT, lib.BC_ETRUNC}


# ---- the Python face ----


@pytest.mark.parametrize(
    ("subtype", "channels", "rate_hz", "encoding", "bits", "native"),
    [
        ("PCM_16", 1, 8000, WavEncoding.PCM, 16, True),
        ("ALAW", 1, 8000, WavEncoding.ALAW, 8, True),
        ("ULAW", 1, 8000, WavEncoding.ULAW, 8, True),
        ("PCM_16", 2, 8000, WavEncoding.PCM, 16, False),
        ("PCM_16", 1, 44_100, WavEncoding.PCM, 16, False),
        ("PCM_U8", 1, 8000, WavEncoding.PCM, 8, False),
        ("PCM_24", 3, 48_000, WavEncoding.PCM, 24, False),
        ("FLOAT", 1, 8000, WavEncoding.FLOAT, 32, False),
        ("ULAW", 2, 16_000, WavEncoding.ULAW, 8, False),
    ],
)
@pytest.mark.parametrize("layout", ["WAV", "WAVEX", "RF64"])
def test_wav_info(
    tmp_path: Path,
    subtype: str,
    channels: int,
    rate_hz: int,
    encoding: WavEncoding,
    bits: int,
    native: bool,
    layout: str,
) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(str(path), np.zeros((101, channels), np.int16), rate_hz, subtype, format=layout)
    info = wav_info(path)
    assert (info.encoding, info.channels, info.rate_hz, info.bits) == (encoding, channels, rate_hz, bits)
    assert (info.samples, info.truncated, info.native) == (101, False, native and layout != "RF64")
    assert info.duration_s == 101 / rate_hz


def test_wav_info_of_a_coding_that_it_cannot_count(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(str(path), noise(1000), 8000, "GSM610", format="WAV")
    info = wav_info(path)
    assert info.encoding is WavEncoding.OTHER
    assert (info.samples, info.duration_s, info.native) == (None, None, False)


def test_wav_info_of_a_cut_file(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    write(path, lib.BC_WAV_PCM16, noise(100))
    path.write_bytes(path.read_bytes()[:-21])
    info = wav_info(str(path))
    assert (info.samples, info.truncated, info.native) == (89, True, True)


@pytest.mark.parametrize(
    "octets", [b"", b"RIFF", b"RIFX\0\0\0\0WAVE", b"not a wav file at all", our_file(1)[:57]]
)
def test_wav_info_of_something_else(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(octets)
    with pytest.raises(MediaFormatError, match=r"x\.wav: "):
        wav_info(path)


def test_wav_info_when_the_system_refuses(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        wav_info(tmp_path / "none.wav")
    assert missing.value.filename == str(tmp_path / "none.wav")
    with pytest.raises(IsADirectoryError):
        wav_info(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="Illegal seek"):
        wav_info(tmp_path / "fifo")
    with pytest.raises(ValueError, match="null character"):
        wav_info("a\0b")
