// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::kernels {

// Passes over rows of the branches in bf16. Each reads float32 or bf16,
// computes in float32, and writes bf16 rounded to the nearest, ties to even, in
// the layouts that products read (bf16_gemm.h):
//   rows   [rows, columns], a left factor
//   pairs  [rows / 2, columns, 2], a right factor: of each column two rows
// Strides are in elements from row to row, or in pairs from pair of rows to
// pair of rows. Outputs are padded with zeros: columns to Padded(columns), rows
// of pairs to Padded(rows). Pointers that may be null say so.

// The upper half of a float32.
using Bf16 = uint16_t;

// AMX multiplies 32 values of a row with 32 rows.
constexpr int64_t Padded(int64_t size) { return (size + 31) / 32 * 32; }

// in * row_scale + bias, as rows and as pairs, and its sums over rows.
struct RoundedRows {
  const float* in;
  int64_t in_stride, rows, columns;
  const float* row_scale = nullptr;  // [rows], or null
  const float* bias = nullptr;       // [columns], or null
  Bf16* out = nullptr;               // or null
  int64_t out_stride = 0;
  Bf16* pairs = nullptr;  // or null
  int64_t pair_stride = 0;
  float* sums = nullptr;  // [columns], added to, or null
};

// Rows as pairs.
struct PairedRows {
  const Bf16* in;
  int64_t in_stride, rows, columns;
  Bf16* out;
  int64_t out_stride;
};

// A matrix of 32-bit words, float32 values or pairs of bf16, transposed. What
// was a column gets `padded_rows` words, those beyond `rows` are 0.
struct TransposedWords {
  const void* in;
  int64_t in_stride, rows, columns, padded_rows;
  void* out;
  int64_t out_stride;
};

// A LayerNorm, with `mean` and `rstd` computed or, if `known`, read.
struct NormalisedRows {
  const float* in;  // [rows, columns]
  int64_t rows, columns;
  const float* weight;
  const float* bias;
  float eps;
  bool known;
  float* mean;  // [rows]
  float* rstd;  // [rows]: the reciprocal standard deviation
  Bf16* out;
  int64_t out_stride;
};

// The gradient of its input from that of its output, plus `residual`; adds to
// those of weight and bias.
struct NormGradients {
  const float* in;  // [rows, columns]
  const float* gradient;
  int64_t gradient_stride, rows, columns;
  const float* weight;
  const float* mean;
  const float* rstd;
  const float* residual;  // [rows, columns], or null
  float* out;             // [rows, columns]
  float* weight_gradient;
  float* bias_gradient;
};

// hidden = in + bias, rounded; out = GELU(hidden).
struct ActivatedRows {
  const float* in;
  int64_t in_stride, rows, columns;
  const float* bias;
  Bf16* hidden;  // or null
  int64_t hidden_stride;
  Bf16* out;
  int64_t out_stride;
};

// Pairs of GELU(hidden); gradient * GELU'(hidden) as pairs, as rows and summed
// over rows. Reads whole vectors of 16 columns of hidden.
struct ActivationGradients {
  const Bf16* hidden;
  int64_t hidden_stride;
  const float* gradient;
  int64_t gradient_stride, rows, columns;
  Bf16* activation_pairs;
  Bf16* pairs;
  int64_t pair_stride;
  Bf16* out;
  int64_t out_stride;
  float* sums;
};

// softmax(scale * scores) of each row. Overwrites the scores.
struct AttentionRows {
  float* scores;
  int64_t stride, rows, columns;
  float scale;
  Bf16* out;
  int64_t out_stride;
};

// scale * probs * (gradient - the row's sum of probs * gradient) as rows and
// pairs, and the pairs of probs. All have the stride `stride`.
struct AttentionGradients {
  const Bf16* probs;
  const float* gradient;
  int64_t stride, rows, columns;
  float scale;
  Bf16* out;
  Bf16* pairs;
  Bf16* prob_pairs;
};

// out = x + row_scale * (in + bias)
struct SummedRows {
  const float* in;
  int64_t in_stride, rows, columns;
  const float* bias;
  const float* row_scale;  // [rows], or null
  const float* x;          // [rows, columns]
  float* out;              // [rows, columns]
};

}  // namespace wsel::kernels
