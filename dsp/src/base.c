#include "bc_base.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
int bc_isa_best(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return BC_ISA_AVX512;
    return __builtin_cpu_supports("avx2") ? BC_ISA_AVX2 : BC_ISA_SCALAR;
}
#else
int bc_isa_best(void) { return BC_ISA_SCALAR; }
#endif

int bc_isa_resolve(int isa)
{
    if (isa == BC_ISA_BEST)
        return bc_isa_best();
    if (isa < BC_ISA_SCALAR || isa > bc_isa_best())
        return BC_EUNSUP;
    return isa;
}

const char *bc_isa_name(int isa)
{
    static const char *const names[] = {"scalar", "avx2", "avx512"};
    return isa >= 0 && isa <= BC_ISA_AVX512 ? names[isa] : "?";
}
