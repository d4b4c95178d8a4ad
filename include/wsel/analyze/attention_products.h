#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/tensor/source.h"

namespace wsel::analyze {

// The weight products of one attention head (paper, Figure 5; Trockman & Kolter
// 2023). Tokens are rows, x -> x W; D is the width. In pretrained ViTs the
// first resembles the identity, and the second the negative identity.
struct AttentionProducts {
  at::Tensor query_key;   // W_q W_k^T [D, D], float64
  at::Tensor value_proj;  // W_v W_proj [D, D], float64
};

// Errors: kMismatch for a model that is not a ViT; kUsage for a block or head
// that it lacks.
void CheckHead(const model::Config& config, int64_t block, int64_t head);

// The products of a head in a checkpoint under timm's names. Errors: as
// CheckHead; kMismatch for weights that are missing or have another shape.
AttentionProducts ProductsOf(const model::Config& config,
                             const TensorSource& weights, int64_t block,
                             int64_t head);

// How far a square matrix is from a multiple of the identity.
struct Diagonality {
  double diagonal_mean = 0;
  double off_diagonal_rms = 0;  // root mean square
};
Diagonality DiagonalityOf(const at::Tensor& matrix);

// A product of one model, as tables and plots show it.
struct ProductMatrix {
  std::string model;
  std::string product;  // "query_key" or "value_proj"
  std::string file;     // name of the file with the values
  int64_t width = 0;
  std::vector<float> values;  // [width, width]
  Diagonality diagonality;
};
ProductMatrix MatrixOf(const std::string& model, const std::string& product,
                       const std::string& file, const at::Tensor& values);

// The matrices of a head by their diagonality, with the files of their values.
nlohmann::ordered_json ProductsJson(int64_t block, int64_t head,
                                    const std::vector<ProductMatrix>& matrices);

// A gnuplot script: heat maps of the matrices in rows of `columns`.
std::string AttentionScript(const std::vector<ProductMatrix>& matrices,
                            int columns);

}  // namespace wsel::analyze
