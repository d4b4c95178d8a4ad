// Torch-free.
#pragma once

namespace wsel::cli {

// Re-executes this program with an environment that libgomp and glibc's malloc
// are faster under; both read it when they are loaded, before any code of this
// program runs. Does not return if it succeeds, returns if the variables are
// set already. Variables that the user has set are kept. `argv` is main's.
//
// GOMP_SPINCOUNT=1000: threads that wait for others spin only briefly.
// libgomp's default of 300,000 spins suits a machine that runs nothing else.
// Beside data loader threads or another program, spinning threads keep the core
// from the thread they wait for: a small model was seen to train 20 times
// slower. 1,000 is libgomp's own value if it detects oversubscription.
//
// GLIBC_TUNABLES: malloc keeps freed memory, in huge pages if the kernel has
// them. Each step allocates the same large blocks again; getting them from the
// kernel, with one fault per page, took 7 % of a ViT-T's step (BENCHMARKS.md).
void ReexecWithTunedEnvironment(const char* const* argv);

}  // namespace wsel::cli
