/* dtmf_lanes.h - one group of BC_LANES channels of the DTMF receiver, and the kernels that move it on by a hop. */
#ifndef BC_DTMF_LANES_H
#define BC_DTMF_LANES_H
#include "bc_dtmf.h"
#include "rx.h"

enum {
    HOP = 40,     /* 5 ms; divides BC_BLOCK */
    BINS = 8,     /* Q.23: four low, four high frequencies */
    OUTPUTS = 16, /* of each bin the real part, then the imaginary one */
    RING = 8,     /* hops of history */
    TURNS = 4,    /* hops of turns: divides RING */
    LONG = 16,    /* hops of history of the dial tone: a multiple of RING */
};

#include "fold_table.inc"

/* Thresholds that are options, as ratios of power. */
typedef struct {
    float min_power;     /* of a tone, in |X|^2 */
    float normal_twist;  /* low over high */
    float reverse_twist; /* high over low */
} bc_dtmf_limits;

/* Structure of arrays: a column is a lane. Only dtmf_lanes.inc moves what is above the line. */
typedef struct {
    bc_rx_group rx;
    int16_t before[BC_LANES][HOP];                 /* the samples of the latest hop, the last first */
    int32_t energy_before[BC_LANES];               /* and their energy, in ENERGY_UNIT */
    float xr[BINS][BC_LANES], xi[BINS][BC_LANES];  /* latest window */
    float power[RING][BINS][BC_LANES];             /* |X|^2 */
    float turn_r[TURNS][BINS][BC_LANES], turn_i[TURNS][BINS][BC_LANES]; /* X times the conjugate of the X before */
    float energy[RING][BC_LANES];                  /* of a window, without the dial tone's if that is filtered */
    float dial[LONG][BC_LANES];                    /* what was taken from it */
    float shortfall[BC_LANES];                     /* hops of tone missed since the tone was last whole */
    int32_t suspect[BC_LANES];                     /* hops in a row that might be a digit */
    int32_t low[BC_LANES], high[BC_LANES];         /* bins of the digit that is on */
    int32_t on[BC_LANES];                          /* -1 if a digit is on, else 0 */
    float steer_r[2][BC_LANES], steer_i[2][BC_LANES]; /* unit vector: the turn per hop of each of its tones */
    float whole[2][BC_LANES];                      /* |X|^2 of each of its tones, tracked */
    /* What the latest hop found, for lanes in the masks. */
    int32_t ending[BC_LANES], beginning[BC_LANES];
    int32_t found_low[BC_LANES], found_high[BC_LANES];
    float found_re[2][BC_LANES], found_im[2][BC_LANES]; /* sum of four turns */
    float found_power[2][BC_LANES];                     /* sum of four windows */
    float found_mass[2][BC_LANES];                      /* sum of seven windows */
    uint32_t at;                                        /* hops, modulo LONG: the newest row of the rings */
    /* ---- */
    uint64_t start[BC_LANES]; /* of the digit that is on */
    float level_dbm0[BC_LANES], twist_db[BC_LANES];
} __attribute__((aligned(64))) bc_dtmf_group;

/* What its groups share. */
typedef struct bc_dtmf_shared bc_dtmf_shared;

/* One hop: samples[lane] is read for enabled lanes. Returns the mask of lanes that are `ending` or `beginning`. */
typedef uint32_t bc_dtmf_hop(bc_dtmf_group *g, const int16_t *const samples[BC_LANES]);
bc_dtmf_hop bc_dtmf_hop_scalar;
#if defined(__x86_64__)
bc_dtmf_hop bc_dtmf_hop_avx2;
bc_dtmf_hop bc_dtmf_hop_avx512;
#endif

struct bc_dtmf_shared {
    bc_dtmf_hop *hop;
    const bc_fold_table *table;
    const bc_fold_table *dial; /* a basis of the space of dial tones; NULL: they are not filtered */
    const float *turn_re, *turn_im, *off_limit; /* by bin, make_dtmf.py */
    bc_dtmf_limits limits;
};

#endif
