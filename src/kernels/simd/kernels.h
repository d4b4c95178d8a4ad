// Torch-free.
#pragma once

#include <cstdint>

#include "bf16_rows.h"
#include "wsel/kernels/instruction_set.h"

namespace wsel::kernels {

// SIMD vectors of the hand-written kernels. The compiler splits them into the
// registers of the instruction set.
constexpr int64_t kLanes = 16;
using FloatVec [[gnu::vector_size(kLanes * sizeof(float)), gnu::aligned(4),
                 gnu::may_alias]] = float;

// The functions of this folder. CMake compiles their sources once per
// instruction set, with that set's flags and WSEL_INSTRUCTION_SET as its
// enumerator. Such a source must define nothing else that the linker sees, and
// call no inline function of a header but those of vectors.h: the linker would
// keep one copy of it for the whole program, perhaps the one that this
// processor cannot run.

// For a backward pass that saved only the input of GELU:
// activation = GELU(hidden) and gradient *= GELU'(hidden), on `count` values.
// One pass, in which the error function and the density share an exponential,
// takes half the time of LibTorch's two.
template <InstructionSet>
void GeluAndGradient(const float* hidden, int64_t count, float* activation,
                     float* gradient);

// Adds the products of a 7x7 depthwise convolution's gradient [height, width]
// and its input [height, width + 6] to `sums`, 49 for the weight and one for
// the bias (depthwise_gradient.h). Each vector holds kLanes channels.
template <InstructionSet>
void AddTaps(const FloatVec* input, const FloatVec* gradient, int64_t height,
             int64_t width, FloatVec* sums);

// The passes over rows of the branches in bf16 (bf16_rows.h).
template <InstructionSet>
void RoundRows(const RoundedRows& pass);
template <InstructionSet>
void PairRows(const PairedRows& pass);
template <InstructionSet>
void TransposeWords(const TransposedWords& pass);
template <InstructionSet>
void NormaliseRows(const NormalisedRows& pass);
template <InstructionSet>
void NormGradientRows(const NormGradients& pass);
template <InstructionSet>
void GeluRows(const ActivatedRows& pass);
template <InstructionSet>
void GeluGradientRows(const ActivationGradients& pass);
template <InstructionSet>
void SoftmaxRows(const AttentionRows& pass);
template <InstructionSet>
void SoftmaxGradientRows(const AttentionGradients& pass);
template <InstructionSet>
void AddRows(const SummedRows& pass);

// The functions of one instruction set.
struct Kernels {
  decltype(&GeluAndGradient<InstructionSet::kBaseline>) gelu_and_gradient;
  decltype(&AddTaps<InstructionSet::kBaseline>) add_taps;
  void (*round_rows)(const RoundedRows&);
  void (*pair_rows)(const PairedRows&);
  void (*transpose_words)(const TransposedWords&);
  void (*normalise_rows)(const NormalisedRows&);
  void (*norm_gradient_rows)(const NormGradients&);
  void (*gelu_rows)(const ActivatedRows&);
  void (*gelu_gradient_rows)(const ActivationGradients&);
  void (*softmax_rows)(const AttentionRows&);
  void (*softmax_gradient_rows)(const AttentionGradients&);
  void (*add_rows)(const SummedRows&);
};

const Kernels& KernelsFor(InstructionSet set);

// Those of ActiveInstructionSet(). Errors: as there.
const Kernels& ActiveKernels();

}  // namespace wsel::kernels
