"""libspandsp's modem tones: what it makes and what it hears."""

from typing import Any

import numpy as np
from cffi import FFI
from numpy.typing import NDArray

from boardcore.dsp import ModemTone

Signal = NDArray[np.int16]
# The numbers of spandsp's tones, each a mode of its detector.
MODES = {
    ModemTone.CNG: 1,
    ModemTone.ANS: 2,
    ModemTone.ANS_PR: 3,
    ModemTone.ANSAM: 4,
    ModemTone.ANSAM_PR: 5,
    ModemTone.V21_FLAGS: 6,
    ModemTone.BELL_ANS: 8,
    ModemTone.CALLING: 9,
}
_CDEF = """
void *modem_connect_tones_rx_init(void *s, int tone_type, void *callback, void *user);
int modem_connect_tones_rx(void *s, const int16_t amp[], int len);
int modem_connect_tones_rx_get(void *s);
int modem_connect_tones_rx_free(void *s);
void *modem_connect_tones_tx_init(void *s, int tone_type);
int modem_connect_tones_tx(void *s, int16_t amp[], int len);
int modem_connect_tones_tx_free(void *s);
typedef struct { const char *name; int freq_zero, freq_one, tx_level, min_level, baud_rate; } fsk_spec_t;
extern const fsk_spec_t preset_fsk_specs[2];
void *fsk_tx_init(void *s, const fsk_spec_t *spec, int (*get_bit)(void *), void *user);
int fsk_tx(void *s, int16_t amp[], int len);
int fsk_tx_free(void *s);
"""


class Peer:
    """Raises OSError where there is no libspandsp.so.2."""

    CED_OR_PREAMBLE = 7

    def __init__(self) -> None:
        self._ffi: Any = FFI()  # its stubs know no numpy array
        self._ffi.cdef(_CDEF)
        self._lib: Any = self._ffi.dlopen("libspandsp.so.2")

    def hears(self, mode: int, samples: Signal) -> set[int]:
        """Return what it found in a mode, asked every 20 ms."""
        null = self._ffi.NULL
        state = self._lib.modem_connect_tones_rx_init(null, mode, null, null)
        found: set[int] = set()
        for at in range(0, samples.size, 160):
            block = samples[at : at + 160].copy()
            self._lib.modem_connect_tones_rx(state, self._ffi.from_buffer("int16_t[]", block), block.size)
            found.add(self._lib.modem_connect_tones_rx_get(state))
        self._lib.modem_connect_tones_rx_free(state)
        return found - {0}

    def share(self, tone: ModemTone, rows: Signal) -> float:
        """Return in how many rows it found the tone, in the tone's own mode."""
        return sum(MODES[tone] in self.hears(MODES[tone], row) for row in rows) / len(rows)

    def makes(self, tone: ModemTone) -> Signal:
        """Return 3 s of its own tone."""
        out: Signal = np.zeros(24000, np.int16)
        if tone is ModemTone.V21_FLAGS:
            self._make_flags(out)
            return out
        state = self._lib.modem_connect_tones_tx_init(self._ffi.NULL, MODES[tone])
        self._lib.modem_connect_tones_tx(state, self._ffi.from_buffer("int16_t[]", out), out.size)
        self._lib.modem_connect_tones_tx_free(state)
        return out

    def _make_flags(self, out: Signal) -> None:
        sent = iter([0, 1, 1, 1, 1, 1, 1, 0] * 200)

        def next_bit(_: Any) -> int:
            return next(sent)

        get_bit = self._ffi.callback("int(void *)", next_bit)
        channel_2 = self._ffi.addressof(self._lib.preset_fsk_specs, 1)
        state = self._lib.fsk_tx_init(self._ffi.NULL, channel_2, get_bit, self._ffi.NULL)
        self._lib.fsk_tx(state, self._ffi.from_buffer("int16_t[]", out), out.size)
        self._lib.fsk_tx_free(state)
