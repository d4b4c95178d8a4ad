#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/augment/options.h"
#include "wsel/data/dataset.h"
#include "wsel/image/normalisation.h"

namespace wsel::calibrate {

// Calibration images in tiles. What is computed for each tile, and the order in
// which it is summed, do not depend on the number of threads; memory holds a
// few tiles, however many images there are.
class Images {
 public:
  static constexpr int64_t kTile = 8;  // images

  Images(data::Dataset set, const augment::EvalTransformOptions& transform,
         const image::Normalisation& normalisation);

  int64_t size() const { return set_.size(); }
  const image::Normalisation& normalisation() const { return normalisation_; }
  size_t num_tiles() const;

  // [b, in_chans, H, W] float32, normalised; b = kTile but for the last tile.
  // Reads the files again each time; thread-safe. Errors: kIo, kFormat, naming
  // the image.
  at::Tensor Tile(size_t tile) const;
  // [b] int64
  at::Tensor Labels(size_t tile) const;

  // SHA-256 over the pixels of all images as the model sees them before
  // normalisation and, `with_labels`, their labels. Errors: as Tile.
  std::string Digest(bool with_labels) const;

  // `count` images, evenly spaced: data sets are often in the order of their
  // classes. All, if there are no more.
  Images EvenlySpaced(int64_t count) const;

 private:
  int64_t Channels() const;                          // in memory
  std::vector<uint8_t> Pixels(int64_t image) const;  // [H, W, Channels()]

  data::Dataset set_;
  augment::EvalTransformOptions transform_;
  image::Normalisation normalisation_;
};

}  // namespace wsel::calibrate
