// Torch-free.
#pragma once

namespace wsel::session {

// Prepares the process for a command that computes for long; measurements and
// reasons are in docs/performance.md.
//
// - Has malloc keep freed memory: each step allocates the same large blocks
//   again, and the kernel would have to map and clear each of their pages.
// - Re-executes the program with environment variables that libraries read when
//   they are loaded, before any code of this program runs, and then does not
//   return. Variables that the user has set are kept; WSEL_NO_REEXEC=1 prevents
//   it. `argv` is main's.
// - Checks WSEL_GEMM and WSEL_ISA, so that a mistake in them is found at once.
//
// Errors: as kernels::ActiveGemmBackend, kernels::ActiveInstructionSet.
void PrepareToCompute(const char* const* argv);

// Sets those variables for a program that is executed next, in place of this
// one. Returns whether one of them was not set before.
bool SetTunedEnvironment();

}  // namespace wsel::session
