"""Peers are independent implementations from the distribution. Without one a test is skipped, with a reason;
with BOARDCORE_REQUIRE_PEERS=1 it fails instead, so that a run that must cover them cannot pass without."""

import os
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

import pytest
import speech as speech_corpora
from cffi import FFI

SPANDSP = """
void *dtmf_rx_init(void *s, void *callback, void *user);
int dtmf_rx(void *s, const int16_t amp[], int samples);
size_t dtmf_rx_get(void *s, char *digits, int max);
void dtmf_rx_parms(void *s, int filter_dialtone, int twist, int reverse_twist, int threshold);
int dtmf_rx_free(void *s);
void *dtmf_tx_init(void *s, void *callback, void *user);
int dtmf_tx(void *s, int16_t amp[], int max_samples);
int dtmf_tx_put(void *s, const char *digits, int len);
int dtmf_tx_free(void *s);
void *bell_mf_rx_init(void *s, void *callback, void *user);
int bell_mf_rx(void *s, const int16_t amp[], int samples);
size_t bell_mf_rx_get(void *s, char *digits, int max);
int bell_mf_rx_free(void *s);
void *bell_mf_tx_init(void *s);
int bell_mf_tx(void *s, int16_t amp[], int samples);
int bell_mf_tx_put(void *s, const char *digits, int len);
int bell_mf_tx_free(void *s);
void *r2_mf_rx_init(void *s, bool fwd, void *callback, void *user);
int r2_mf_rx(void *s, const int16_t amp[], int samples);
int r2_mf_rx_get(void *s);
int r2_mf_rx_free(void *s);
void *r2_mf_tx_init(void *s, bool fwd);
int r2_mf_tx(void *s, int16_t amp[], int samples);
int r2_mf_tx_put(void *s, char digit);
int r2_mf_tx_free(void *s);
void *super_tone_rx_make_descriptor(void *desc);
int super_tone_rx_free_descriptor(void *desc);
int super_tone_rx_add_tone(void *desc);
int super_tone_rx_add_element(void *desc, int tone, int f1, int f2, int min, int max);
void *super_tone_rx_init(void *s, void *desc, void (*callback)(void *user, int code, int level, int delay), void *user);
int super_tone_rx(void *s, const int16_t amp[], int samples);
int super_tone_rx_free(void *s);
void *g711_init(void *s, int mode);
int g711_encode(void *s, uint8_t g711_data[], const int16_t amp[], int len);
int g711_decode(void *s, int16_t amp[], const uint8_t g711_data[], int g711_bytes);
int g711_free(void *s);
uint8_t alaw_to_ulaw(uint8_t alaw);
uint8_t ulaw_to_alaw(uint8_t ulaw);
"""


def lack(reason: str) -> NoReturn:
    if os.environ.get("BOARDCORE_REQUIRE_PEERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def need() -> Callable[[str], NoReturn]:
    """What a test calls with the reason when its peer is missing."""
    return lack


class Spandsp:
    """libspandsp2 0.0.6, as far as it is compared here."""

    def __init__(self, ffi: Any, lib: Any) -> None:
        self.ffi = ffi
        self.lib = lib

    def hear_dtmf(self, samples: Any, *, dial_tone_filter: bool = False) -> str:
        """Return the digits in int16 samples, fed 20 ms at a time."""
        state = self.lib.dtmf_rx_init(self.ffi.NULL, self.ffi.NULL, self.ffi.NULL)
        self.lib.dtmf_rx_parms(state, dial_tone_filter, -1, -1, -99)  # negative: as they are
        buffer, digits = self.ffi.new("char[129]"), ""
        for at in range(0, len(samples), 160):
            block = samples[at : at + 160].copy()
            self.lib.dtmf_rx(state, self.ffi.from_buffer("int16_t[]", block), len(block))
            count = self.lib.dtmf_rx_get(state, buffer, 128)
            digits += bytes(self.ffi.buffer(buffer, count)).decode()
        self.lib.dtmf_rx_free(state)
        return digits


@pytest.fixture(scope="session")
def spandsp() -> Spandsp:
    ffi = FFI()
    ffi.cdef(SPANDSP)
    try:
        return Spandsp(ffi, ffi.dlopen("libspandsp.so.2"))
    except OSError as error:
        lack(f"no libspandsp.so.2 (apt-get install libspandsp2): {error}")


@pytest.fixture(scope="session")
def speech() -> ModuleType:
    """The module `tests/speech.py`, once its corpora are there."""
    if reason := speech_corpora.lacking():
        lack(reason)
    return speech_corpora
