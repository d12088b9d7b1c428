/* bc_base.h - constants, result codes and the instruction-set probe that every module shares. */
#ifndef BC_BASE_H
#define BC_BASE_H
#include <stddef.h>
#include <stdint.h>

/* CDEF */
#define BC_RATE_HZ 8000
#define BC_BLOCK 80   /* samples in a tick: 10 ms */
#define BC_ROW 96     /* int16 in a bus row: a block padded to whole 64-byte cache lines */
#define BC_LANES 16   /* channels in one group of a batched detector */

/* Results: 0 or a count, or one of these. */
#define BC_OK 0
#define BC_EINVAL (-1)   /* an argument is out of its range */
#define BC_ENOMEM (-2)
#define BC_EFULL (-3)    /* a ring, table or pool has no room left */
#define BC_EIO (-4)      /* the operating system said no: errno tells */
#define BC_ESTATE (-5)   /* not possible in the present state */
#define BC_EFORMAT (-6)  /* bytes that are not what they claim */
#define BC_ETRUNC (-7)   /* bytes end early */
#define BC_EUNSUP (-8)   /* well formed but not supported */

/* Instruction sets of the SIMD twins. BC_ISA_SCALAR is the reference; all give the same bits. */
#define BC_ISA_BEST (-1)
#define BC_ISA_SCALAR 0
#define BC_ISA_AVX2 1
#define BC_ISA_AVX512 2

/* The best instruction set of this machine. Thread-safe. */
int bc_isa_best(void);
/* `isa` if this machine has it, the best one for BC_ISA_BEST, else BC_EUNSUP. */
int bc_isa_resolve(int isa);
/* "scalar", "avx2", "avx512" or "?". */
const char *bc_isa_name(int isa);
/* END CDEF */

#endif
