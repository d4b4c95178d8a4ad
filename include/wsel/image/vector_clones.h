// Torch-free.
#pragma once

// Before a function with loops over bytes: the compiler makes a second version
// for AVX2, and the loader picks. Both compute the same integers. Not under
// AddressSanitizer, which is not up yet when the loader asks.
#if defined(__x86_64__) && defined(__ELF__) && !defined(__SANITIZE_ADDRESS__)
#define WSEL_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define WSEL_VECTOR_CLONES
#endif
