// Torch-free.
#pragma once

// Compiles a function a second time for AVX2; the dynamic loader picks one at
// start-up. Both versions compute the same results, since these functions have
// no fused multiply-adds: nothing to choose or to record, unlike the kernels of
// wsel/kernels/instruction_set.h, and no pointers to call through. Not under
// AddressSanitizer, which is not initialised yet when the loader runs the
// selection.
#if defined(__x86_64__) && defined(__ELF__) && !defined(__SANITIZE_ADDRESS__)
#define WSEL_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define WSEL_VECTOR_CLONES
#endif
