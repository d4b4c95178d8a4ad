// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wsel/core/height_width.h"
#include "wsel/core/registry.h"

namespace wsel::session {

enum class BudgetKind {
  kParams,   // parameters, the classifier's included
  kFlops,    // of an image at the student's size, as model::Flops
  kLatency,  // milliseconds of a forward pass, as `wsel bench` measures it
};
// params, flops, latency
const Registry<BudgetKind>& BudgetKinds();

// What a student may cost at most.
struct Budget {
  BudgetKind kind = BudgetKind::kParams;
  double limit = 0;  // positive
  // Of a latency. nullopt: the student's image size.
  std::optional<HeightWidth> img_size = {};
  int64_t batch_size = 1;

  bool operator==(const Budget&) const = default;
};

// "params=3M", "flops=0.6G", "latency=8ms@224x1", "latency=8ms@192x256x1".
// K, M, G and T are powers of 1000; a latency is in ms or s, at an image size
// in pixels (a side, or height x width) and a batch size (without "@": the
// student's size, one image). Errors: kUsage, "budget".
Budget ParseBudget(std::string_view text);

// "params=3M", as ParseBudget reads it.
std::string Describe(const Budget& budget);

// "2.95 M parameters", "0.60 GFLOPs" or "7.91 ms".
std::string CostText(BudgetKind kind, double cost);

}  // namespace wsel::session
