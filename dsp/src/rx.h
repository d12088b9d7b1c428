/* rx.h - what a batched receiver brings to the core in rx.c. */
#ifndef BC_SRC_RX_H
#define BC_SRC_RX_H
#include <math.h>

#include "bc_rx.h"

/* First member of every receiver's group of BC_LANES lanes. Padded to cache lines: vectors follow. */
typedef struct {
    uint64_t hops;            /* done; the core counts them, after `run` */
    uint64_t since[BC_LANES]; /* hops when the lane was enabled */
    uint32_t enabled;         /* mask of lanes */
    const void *shared;       /* of all groups: tables and options */
} __attribute__((aligned(64))) bc_rx_group;

typedef struct {
    int hop;            /* samples; divides BC_BLOCK */
    int most;           /* events that a hop can give a lane, 1 to 4 */
    size_t group_bytes; /* a whole number of cache lines */
    /* One hop of a group: samples[lane] for enabled lanes. Events bear lane 0 to 15 and come in lane order. */
    int (*run)(bc_rx_group *group, const int16_t *const samples[BC_LANES], bc_rx_event *out);
    void (*clear)(bc_rx_group *group, int lane);
    int (*suspect)(const bc_rx_group *group, int lane); /* or NULL */
} bc_rx_kind;

/* lanes: 1 to 65536, all off. `shared` comes from malloc and is owned, on failure too; `bytes` is its size, for
   bc_rx_bytes. NULL with *error (if asked for) set on failure. Groups are zero but for their first member, and no lane is
   clear yet. */
bc_rx *bc_rx_new(const bc_rx_kind *kind, int lanes, void *shared, size_t bytes, int *error);
/* Every lane off; samples short of a hop and events not handed over are forgotten. */
void bc_rx_rest(bc_rx *rx);
/* To set groups up after bc_rx_new, 0 to bc_rx_groups - 1. */
int bc_rx_groups(const bc_rx *rx);
bc_rx_group *bc_rx_group_at(bc_rx *rx, int group);

/* The lane's sample that follows the hop being run. */
static inline uint64_t bc_rx_now(const bc_rx_group *g, int lane, int hop)
{
    return (g->hops + 1 - g->since[lane]) * (uint64_t)hop;
}

/* So many hops before `now`, not before the lane's beginning. */
static inline uint64_t bc_rx_back(uint64_t now, double hops, int hop)
{
    uint64_t samples = (uint64_t)(hops * hop);
    return samples < now ? now - samples : 0;
}

static inline uint32_t bc_rx_length(uint64_t start, uint64_t until)
{
    uint64_t length = until > start ? until - start : 0;
    return length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
}

/* To the hundredth: so that libms agree. */
static inline float bc_rx_hundredths(double x) { return (float)(round(x * 100) / 100); }

/* name_avx512, name_avx2 or name_scalar, for an instruction set that bc_isa_resolve returned. */
#if defined(__x86_64__)
#define BC_RX_KERNEL(isa, name) \
    ((isa) == BC_ISA_AVX512 ? name##_avx512 : (isa) == BC_ISA_AVX2 ? name##_avx2 : name##_scalar)
#else
#define BC_RX_KERNEL(isa, name) ((void)(isa), name##_scalar)
#endif

/* One column of a table with a row per bin, a column per lane. */
static inline void bc_rx_clear_column(float (*rows)[BC_LANES], size_t count, int lane)
{
    for (size_t i = 0; i < count; i++)
        rows[i][lane] = 0;
}
#endif
