#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "tile_store.h"
#include "tile_sums.h"

namespace wsel::calibrate {

// A tile of the teacher's residual stream before and after a layer, and of the
// student's before it.
struct StreamTile {
  at::Tensor teacher;
  at::Tensor next;
  at::Tensor student;
};

// The residual streams of teacher and student on all images, side by side: a
// student is computed layer by layer on its own stream, so that errors do not
// add up unseen.
class StreamPair {
 public:
  using Layer = std::function<at::Tensor(const at::Tensor& x)>;

  explicit StreamPair(size_t tiles) : tiles_(tiles) {}

  // Both streams of each tile: {teacher, student}.
  void Begin(
      const std::function<std::pair<at::Tensor, at::Tensor>(size_t)>& embed);
  // Computes the teacher's stream after a layer: StreamTile::next. Errors:
  // kMismatch at `name` if it is not finite.
  void StepTeacher(const Layer& layer, const std::string& name);
  // Moves both streams behind the layer.
  void StepStudent(const Layer& layer);

  Sums Sum(const std::function<Sums(const StreamTile&)>& of_tile) const;

 private:
  // Writes layer(from) of all tiles to `to`.
  void Apply(const TileStore& from, const Layer& layer, TileStore& to);

  size_t tiles_;
  // Those with `spare_` are swapped.
  std::unique_ptr<TileStore> teacher_ = std::make_unique<TileStore>();
  std::unique_ptr<TileStore> next_ = std::make_unique<TileStore>();
  std::unique_ptr<TileStore> student_ = std::make_unique<TileStore>();
  std::unique_ptr<TileStore> spare_ = std::make_unique<TileStore>();
  bool stepped_ = false;  // whether next_ is the teacher's next stream
};

}  // namespace wsel::calibrate
