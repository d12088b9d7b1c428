/* tones.h - inside of the tone receiver: a set of sounds and patterns checked and made ready (tones_check.c,
   tones_set.c), the kernel that labels
   hops (tones_lanes.inc), sounds' edges (tones_edges.c), cadences (tones_cadence.c), events (tones_rx.c). */
#ifndef BC_TONES_LANES_H
#define BC_TONES_LANES_H
#include "bc_tones.h"
#include "rx.h"

enum {
    HOP = BC_BLOCK,  /* 10 ms */
    BINS = 8,        /* of a pass of the correlator */
    OUTPUTS = 16,    /* of each bin the real part, then the imaginary one */
    PASSES = BC_TONES_BINS / BINS,
    RING = 32,       /* hops of powers that are kept */
    LAGS = 8,        /* hops of a beat's history */
    RUNS = 16,       /* bursts and pauses of a lane's history */
    DELAY = 2 * HOP, /* the middle of every window lies so far before the end of its latest hop */
    SILENCE = -1,    /* as the sound of a run */
    UNKNOWN = -2,    /* a run whose beginning was not heard */
};

#include "fold_table.inc"

#define FOREVER BC_TONES_FOREVER

/* A frequency that is listened to. A narrow one has windows of 40 ms: the half amplitude is at 25 Hz, and 50 Hz away
   there is nothing. A wide one has windows of 20 ms, twice as wide. */
typedef struct {
    double freq_hz;
    int wide;
    int beat;          /* its number among the beats, or -1 */
    float turn_r, turn_i; /* of a tone at its frequency in a hop, backwards */
} bc_tones_bin;

/* How the power of a modulated tone, or of two close ones, repeats. */
typedef struct {
    double rate_hz;
    int bin;
    int half, full; /* lags, in hops: half a period and a whole one, modulo the period */
    int period;     /* hops */
    int pair;       /* two tones, not a modulated one: what follows, see part() in tones_lanes.inc */
    float near, far, middle;
} bc_tones_beat;

typedef struct {
    int parts, bin[BC_TONES_FREQS];
    float least_cos;   /* cosine of the turn in a hop at the edge of the tolerance */
    int beat;          /* of its only bin, or -1 */
    uint32_t against;  /* beats that it must not be taken for */
    int spread;        /* samples by which its edges are less certain */
    double tones;      /* whose power its parts have in all */
} bc_tones_sort;

typedef struct {
    int sound;         /* or SILENCE */
    uint32_t least, most, length; /* samples; FOREVER */
} bc_tones_run;

typedef struct {
    int count;
    bc_tones_run run[2 * BC_TONES_BURSTS];
    int repeats;
    int steady;        /* ends in a burst for ever */
    uint32_t longest;  /* steady: any other burst of that sound is over by then */
    uint32_t heard;    /* one burst and a long pause: any short pause after that sound is over by then; or FOREVER */
} bc_tones_cadence;

typedef struct {
    bc_fold_table table[PASSES];
    int bins, passes, beats, sounds, patterns, edges;
    bc_tones_bin bin[BC_TONES_BINS];
    bc_tones_beat beat[BC_TONES_BEATS];
    bc_tones_sort sound[BC_TONES_SOUNDS];
    bc_tones_cadence pattern[BC_TONES_PATTERNS];
    uint32_t forget;   /* samples: a pause so long belongs to no pattern */
    float least_power, least_energy, twist, purity;
    uint32_t (*hop)(void *group, const int16_t *const samples[BC_LANES]);
} __attribute__((aligned(64))) bc_tones_set;

/* What is heard of sounds in a lane. */
typedef struct {
    int sound;         /* that is on, or SILENCE */
    int label, times;  /* the latest hops' label and how many had it */
    int age;           /* hops since it was found */
    int ending;        /* hops since its power fell to a quarter; 0: it is there */
    int lost;          /* hops without its label */
    int other;         /* hops of something that is no sound */
    float whole[BC_TONES_FREQS]; /* power of each part */
    float scale[BC_TONES_FREQS]; /* what its power is measured by: a quarter of it at an edge */
    float level_dbm0;
    float energy;      /* of the latest sound, as in set->least_energy */
    uint64_t start, end;
} bc_tones_edges;

/* What is known of patterns in a lane. */
typedef struct {
    struct {
        int sound;
        uint32_t length;
    } run[RUNS];       /* the latest first */
    int runs;
    int open;          /* sound of the run that goes on */
    int unheard;       /* its beginning was not heard */
    uint64_t since;    /* it began */
    uint64_t last_on;  /* end of the latest burst */
    int told;          /* pattern, or -1 */
    int fitted;        /* runs that fit it */
    int due;           /* hops to the next look */
    uint64_t start;
    float sure, level_dbm0;
} bc_tones_history;

/* Structure of arrays: a column is a lane. */
typedef struct {
    bc_rx_group rx;
    int16_t before[BC_LANES][HOP];            /* the hop before, last sample first */
    float x_r[2][BC_TONES_BINS][BC_LANES], x_i[2][BC_TONES_BINS][BC_LANES]; /* windows of the two hops before */
    float z_r[BC_TONES_BINS][BC_LANES], z_i[BC_TONES_BINS][BC_LANES];       /* the latest window of each bin */
    float turn_r[BC_TONES_BINS][BC_LANES], turn_i[BC_TONES_BINS][BC_LANES]; /* its turn in a hop, smoothed */
    float mean[BC_TONES_BINS][BC_LANES];      /* its power, smoothed */
    float cosine[BC_TONES_BINS][BC_LANES];    /* of the turn */
    float gain[BC_TONES_BINS][BC_LANES];      /* 1 / response of the window there, as power */
    float fair[BC_TONES_BINS][BC_LANES];      /* smoothed power of the tone itself; 0 if it is no steady tone */
    float power[RING][BC_TONES_BINS][BC_LANES];
    float energy[4][BC_LANES];                /* of hops */
    float weighed[BC_LANES], all[BC_LANES];   /* energy in the window of 40 ms; smoothed */
    float past_r[LAGS][BC_TONES_BEATS][BC_LANES], past_i[LAGS][BC_TONES_BEATS][BC_LANES];
    float half_r[BC_TONES_BEATS][BC_LANES], half_i[BC_TONES_BEATS][BC_LANES];
    float full_r[BC_TONES_BEATS][BC_LANES], full_i[BC_TONES_BEATS][BC_LANES];
    float slow[BC_TONES_BEATS][BC_LANES];
    /* Of pairs, a hop ago: `half` and `slow`; and `slow` two hops ago. */
    float was_r[BC_TONES_BEATS][BC_LANES], was_i[BC_TONES_BEATS][BC_LANES];
    float slow_1[BC_TONES_BEATS][BC_LANES], slow_2[BC_TONES_BEATS][BC_LANES];
    int32_t beats[BC_TONES_BEATS][BC_LANES], steady[BC_TONES_BEATS][BC_LANES];
    float gate[BC_LANES];                     /* 1: there is energy; else 0 */
    int32_t label[BC_LANES];                  /* sound of this hop, or SILENCE */
    uint32_t at;                              /* newest row of `power` */
    int idle;                                 /* hops without energy, up to LAGS */
    uint32_t busy;                            /* mask of lanes with something to follow */
    bc_tones_edges edges[BC_LANES];
    bc_tones_history history[BC_LANES];
} __attribute__((aligned(64))) bc_tones_group;

#define CLOSE_HZ 35.0 /* two tones nearer than this are heard as one that beats */

/* 0 for numbers out of range and for what contradicts itself. */
int bc_tones_good(const bc_tones_sound *sound, int sounds, const bc_tones_pattern *pattern, int patterns,
                  const bc_tones_options *options);
/* Make a set of what was described. BC_EINVAL, BC_EFULL. */
int bc_tones_make(bc_tones_set *set, const bc_tones_sound *sound, int sounds, const bc_tones_pattern *pattern,
                  int patterns, const bc_tones_options *options);

/* Label a hop. Returns the mask of lanes that are loud. */
typedef uint32_t bc_tones_hop(void *group, const int16_t *const samples[BC_LANES]);
bc_tones_hop bc_tones_hop_scalar;
#if defined(__x86_64__)
bc_tones_hop bc_tones_hop_avx2;
bc_tones_hop bc_tones_hop_avx512;
#endif

/* What changed in a lane's sounds in this hop. */
typedef struct {
    int ended, began;       /* sounds, or SILENCE */
    uint64_t ended_start, ended_at, began_at;
    float ended_level_dbm0;
    int broken;             /* something that is no sound goes on */
} bc_tones_change;
static inline const bc_tones_set *bc_tones_set_of(const bc_tones_group *g) { return g->rx.shared; }
bc_tones_change bc_tones_follow(bc_tones_group *g, int lane);

/* Take the change in; writes up to two events, returns how many. */
int bc_tones_judge(bc_tones_group *g, int lane, const bc_tones_change *change, bc_rx_event *out);

double bc_tones_power_at(double level_dbm0);
#endif
