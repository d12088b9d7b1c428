/* modem_lanes.h - one group of BC_LANES channels of the modem tones' receiver, and the kernels that move it on. */
#ifndef BC_MODEM_LANES_H
#define BC_MODEM_LANES_H
#include "bc_modem.h"
#include "rx.h"

enum {
    HOP = BC_BLOCK, /* 10 ms */
    BINS = 8,       /* correlated: the four tones, three over the band of V.21, and one that is always 0 */
    OUTPUTS = 16,   /* real parts of the bins, then imaginary parts */
    TONES = 4,      /* 1100, 1300, 2100, 2225 Hz */
    ANSWER = 2,     /* the number of the 2100 Hz tone */
    HISTORY = 4,    /* hops of the tones' windows */
    ENVELOPE = 20,  /* hops: three turns of 15 Hz */
    STEPS = 20,     /* of V.21's discriminator in a hop: half a millisecond */
    SPAN = 7,       /* steps that a bit takes, rounded */
    V21_PARTS = 4,  /* correlated: real and imaginary part of mark, of space */
    NOTE_RUN = 8,   /* hops after which a tone's beginning is measured */
};

/* What a hop found in a lane. */
enum { NOTED = 1, DUE = 2, GONE = 4, FLIPPED = 8, WAVERS = 16, FLAGS_ON = 32, FLAGS_OFF = 64 };

typedef struct {
    float min_power;              /* of a tone, |X|^2 */
    float min_energy;             /* of V.21, in a hop */
    int32_t due[TONES];           /* hops after which a tone is told */
    int32_t calling_early, reversals;
} bc_modem_limits;

/* The tone that a lane follows. Structure of arrays: a column is a lane. */
typedef struct {
    int32_t on[BC_LANES];         /* -1 if there is one, else 0 */
    int32_t tone[BC_LANES];       /* 0 to TONES - 1 */
    int32_t run[BC_LANES];        /* hops in which it was there */
    int32_t miss[BC_LANES];       /* grows with hops in which it was not, shrinks with others */
    int32_t flip_age[BC_LANES];   /* hops since its phase was reversed */
    int32_t waver_run[BC_LANES];  /* latest hops in which 15 Hz was seen */
    float turn_re[BC_LANES], turn_im[BC_LANES]; /* of its phase in a hop, smoothed; nominal: along the real axis */
    float whole[BC_LANES];        /* |X|, tracked; never 0 */
    float mass[BC_LANES];         /* sum of |X| */
    float gap[BC_LANES];          /* hops that the latest misses lacked */
    float envelope[ENVELOPE][BC_LANES]; /* |X| */
} bc_modem_follow;

typedef struct {
    int32_t hang[BC_LANES];       /* hops for which it is still listened to */
    int32_t carrier[BC_LANES];    /* hops since its carrier came */
    int32_t steps[SPAN][V21_PARTS][BC_LANES]; /* the latest, oldest first */
    uint32_t clock[BC_LANES];     /* 2^32 a bit, 0 at its edges */
    uint32_t bits[BC_LANES];      /* the latest, newest lowest */
    int32_t bit[BC_LANES];        /* the discriminator's decision */
    int32_t since[BC_LANES];      /* bits after the latest flag */
    int32_t flags[BC_LANES];      /* that followed each other */
    int32_t told[BC_LANES];       /* -1 if the preamble is on, else 0 */
} bc_modem_v21;

/* What only modem_rx.c moves. */
typedef struct {
    int32_t code, am, flips;      /* code: told, or 0 */
    uint64_t start, v21_start;
    float level_dbm0, off_hz, v21_level_dbm0;
} bc_modem_told;

typedef struct {
    bc_rx_group rx;
    int32_t first[BC_LANES][OUTPUTS];   /* first half of the window that ends with the next hop */
    float re[HISTORY][TONES][BC_LANES], im[HISTORY][TONES][BC_LANES]; /* X, newest at `at` */
    float band[BC_LANES];               /* |X|^2 of the bins over V.21's band */
    float energy[2][BC_LANES];          /* of this hop, of the one before */
    bc_modem_follow follow;
    bc_modem_v21 v21;
    int32_t found[BC_LANES];            /* NOTED, ... */
    uint32_t at, envelope_at;           /* newest rows */
    bc_modem_told told[BC_LANES];
} __attribute__((aligned(64))) bc_modem_group;

/* One hop: samples[lane] is read for enabled lanes. Returns the mask of lanes in which something was found. */
typedef uint32_t bc_modem_hop(bc_modem_group *g, const bc_modem_limits *limits, const int16_t *const samples[BC_LANES]);
bc_modem_hop bc_modem_hop_scalar;
#if defined(__x86_64__)
bc_modem_hop bc_modem_hop_avx2;
bc_modem_hop bc_modem_hop_avx512;
#endif

#define SCALE (1.0f / 1024.0f) /* of X, so that its powers stay within a float's range */

#endif
