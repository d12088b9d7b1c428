/* target.h - compile what follows for one instruction set, whatever the command line says. */
#ifndef BC_TARGET_H
#define BC_TARGET_H

#define BC_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define BC_TARGET_BEGIN(isa) BC_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define BC_TARGET_END BC_PRAGMA(clang attribute pop)
#define BC_AVX2 "avx2"
#define BC_AVX512 "avx512f,avx512bw,avx512dq,avx512vl"
#else
#define BC_TARGET_BEGIN(isa) BC_PRAGMA(GCC push_options) BC_PRAGMA(GCC target(isa))
#define BC_TARGET_END BC_PRAGMA(GCC pop_options)
#define BC_AVX2 "avx2"
#define BC_AVX512 "avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512"
#endif

#endif
