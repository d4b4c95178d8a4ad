#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

namespace wsel::calibrate {

// Float32 tensors, one for each tile, in a temporary file without a name, so
// that memory does not grow with the number of images.
class TileStore {
 public:
  // Errors: kIo, naming the folder of temporary files.
  TileStore();
  ~TileStore();
  TileStore(const TileStore&) = delete;
  TileStore& operator=(const TileStore&) = delete;

  // Forgets all tensors; those that follow have at most `bytes` each.
  void Reset(size_t tiles, size_t bytes);
  // Both may be called for different tiles at once. Errors: kIo.
  void Put(size_t tile, const at::Tensor& tensor);
  at::Tensor Get(size_t tile) const;

 private:
  int file_ = -1;
  size_t stride_ = 0;
  std::vector<std::vector<int64_t>> shapes_;
};

}  // namespace wsel::calibrate
