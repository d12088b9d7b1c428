/* mf_lanes.h - one group of BC_LANES channels of the MF receiver, and the kernels that move it on by a hop. */
#ifndef BC_MF_LANES_H
#define BC_MF_LANES_H
#include "bc_mf.h"
#include "rx.h"

enum {
    HOP = BC_BLOCK, /* 10 ms */
    TONES = 6,
    BINS = 8,       /* correlated: six, and two that are always 0 */
    OUTPUTS = 16,   /* real parts of the bins, then imaginary parts */
    RING = 4,       /* hops of history */
};

/* Ratios of power, by kind of signalling. */
typedef struct {
    float min_power;   /* of a tone, in |X|^2 */
    float twist;       /* of the stronger over the weaker tone */
    float tone_energy; /* |X|^2 of a tone to its energy in two hops */
    float purity;      /* energy of the two tones in all energy, to begin */
    float present;     /* of a tone's power in its tracked power: below it is gone */
    int32_t patience;  /* hops without a tone that end the signal */
} bc_mf_limits;

/* Structure of arrays: a column is a lane. Only mf_lanes.inc moves what is above the line, but for on, a, b, whole. */
typedef struct {
    bc_rx_group rx;
    int32_t first[BC_LANES][OUTPUTS];      /* first half of the window that ends with the next hop */
    float power[RING][TONES][BC_LANES];    /* |X|^2 */
    float energy[RING][BC_LANES];          /* of a hop */
    int32_t on[BC_LANES];                  /* -1 if a signal is on, else 0 */
    int32_t a[BC_LANES], b[BC_LANES];      /* its tones, a < b */
    float whole[2][BC_LANES];              /* |X|^2 of each of its tones, tracked; never 0 */
    int32_t missed[BC_LANES];              /* hops in a row without it */
    int32_t ending[BC_LANES], beginning[BC_LANES];
    int32_t found_a[BC_LANES], found_b[BC_LANES];
    uint32_t at;                           /* newest row of the rings */
    /* ---- */
    int32_t kind;
    bc_mf_limits limits;
    uint64_t start[BC_LANES]; /* of the signal that is on */
    float level_dbm0[BC_LANES], twist_db[BC_LANES];
} __attribute__((aligned(64))) bc_mf_group;

/* One hop: samples[lane] is read for enabled lanes. Returns the mask of lanes that are `ending` or `beginning`. */
typedef uint32_t bc_mf_hop(bc_mf_group *g, const int16_t *const samples[BC_LANES]);
bc_mf_hop bc_mf_hop_scalar;
#if defined(__x86_64__)
bc_mf_hop bc_mf_hop_avx2;
bc_mf_hop bc_mf_hop_avx512;
#endif

#endif
