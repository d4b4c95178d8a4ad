// Torch-free.
#pragma once

namespace wsel::session {

// Prepares the process for a command that computes for long; measurements and
// reasons are in docs/performance.md.
//
// - Has malloc keep freed memory: each step allocates the same large blocks
//   again, and the kernel would have to map and clear each of their pages.
// - Checks WSEL_GEMM and WSEL_ISA, so that a mistake in them is found at once.
//
// Errors: as kernels::ActiveGemmBackend, kernels::ActiveInstructionSet.
void PrepareToCompute();

}  // namespace wsel::session
