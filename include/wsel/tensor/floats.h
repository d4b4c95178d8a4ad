// Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wsel/tensor/source.h"

namespace wsel {

// Elements in row-major order as float32. They are the view's own memory where
// it is float32, contiguous and aligned, and must then not outlive it.
class Floats {
 public:
  // Values of float64 are rounded to nearest; all other floating-point types
  // are exact. Errors: as Contiguous (view_shape.h).
  explicit Floats(const TensorView& view);
  Floats(const Floats&) = delete;
  Floats& operator=(const Floats&) = delete;

  std::span<const float> values() const { return values_; }

 private:
  std::shared_ptr<const void> owner_;
  std::vector<float> converted_;
  std::span<const float> values_;
};

// Positions along one dimension; nullopt: all of them.
using Positions = std::optional<std::vector<int64_t>>;

// The elements at positions[0] x positions[1] x ..., one for each dimension of
// the view, in row-major order as float32 (rounded as by Floats). Positions
// must be within the view's shape.
std::vector<float> Gather(const TensorView& view,
                          const std::vector<Positions>& positions);

// A float32 tensor that owns its elements, as many as the shape has.
TensorView OwningView(std::string name, Shape shape, std::vector<float> values);

// The elements of a float32 view that OwningView made.
std::span<const float> FloatsOf(const TensorView& owning);

}  // namespace wsel
