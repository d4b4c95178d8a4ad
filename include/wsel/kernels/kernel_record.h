// Torch-free.
#pragma once

#include <map>
#include <string>

namespace wsel::kernels {

// Which kernels computed a training, as metadata: "wsel.gemm" is
// GemmBackendName(), "wsel.isa" the name of the instruction set. With others
// the weights come out different in their last bits.
using KernelRecord = std::map<std::string, std::string>;

// That of this process. Errors: as ActiveInstructionSet, and as
// ActiveGemmBackend in src/kernels/gemm_backend.h.
KernelRecord CurrentKernels();

// "GEMM backend onednn 2.6.3, instruction set avx2".
std::string Describe(const KernelRecord& record);

// The keys of a record among a checkpoint's metadata; empty if they are not
// there, as in the checkpoints of version 0.1.
KernelRecord RecordIn(const std::map<std::string, std::string>& metadata);

// How to compute with the kernels of `begun` instead of `now`, as far as the
// environment can do it: "set WSEL_GEMM=torch, WSEL_ISA=baseline"; "" where it
// cannot, as for another version of oneDNN.
std::string HowToRestore(const KernelRecord& begun, const KernelRecord& now);

}  // namespace wsel::kernels
