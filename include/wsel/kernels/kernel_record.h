// Torch-free.
#pragma once

#include <map>
#include <string>

namespace wsel::kernels {

// Which kernels computed a training, as metadata: "wsel.gemm" is
// GemmBackendName(), "wsel.isa" the name of the instruction set and, of a
// training in bf16, "wsel.bf16" the name of its products (bf16.h). With others
// the weights come out different in their last bits.
using KernelRecord = std::map<std::string, std::string>;

// That of this process. Errors: as ActiveInstructionSet, and as
// ActiveGemmBackend in src/kernels/gemm_backend.h.
KernelRecord CurrentKernels();

// That of a training in bf16. Errors: also as ActiveBf16Products.
KernelRecord CurrentBf16Kernels();

// "GEMM backend onednn 2.6.3, instruction set avx2", and in bf16
// ", bf16 products amx".
std::string Describe(const KernelRecord& record);

// The keys of a record among a checkpoint's metadata; empty if they are not
// there, as in the checkpoints of version 0.1.
KernelRecord RecordIn(const std::map<std::string, std::string>& metadata);

// How to compute with the kernels of `begun` instead of `now`, as far as the
// environment can do it: "set WSEL_GEMM=torch, WSEL_ISA=baseline"; "" where it
// cannot, as for another version of oneDNN.
std::string HowToRestore(const KernelRecord& begun, const KernelRecord& now);

}  // namespace wsel::kernels
