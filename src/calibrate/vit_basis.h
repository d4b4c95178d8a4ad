#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "rotated_readers.h"
#include "stacked_layer.h"
#include "vit_pass.h"
#include "wsel/calibrate/images.h"

namespace wsel::calibrate {

// The basis of a projected ViT's residual stream, and what of the teacher is in
// it. All in float64.
class VitBasis {
 public:
  // That of a student of `width` channels; `teacher` must outlive it. Errors:
  // kMismatch, naming the block, for activations that are NaN or infinite.
  VitBasis(const VitPass& teacher, int64_t width, const Images& images);

  // The norm before the blocks weighs channels one by one: a stream of the
  // teacher's own width is then better left as it is.
  bool rotates() const { return rotates_; }
  // The map [D, d] of the teacher's stream to the student's: the basis P, for
  // layer norms without the mean of the stream.
  const at::Tensor& encode() const { return encode_; }
  // The same of what is written before norm_pre.
  at::Tensor NormPreMap() const;
  // A stream [..., channels] as its norms see it.
  at::Tensor Seen(const at::Tensor& x) const;

  // The layer that reads what `norm` makes of the stream.
  RotatedReader Reader(const std::string& norm,
                       const StackedLayer& layer) const;
  // One that reads the stream itself.
  RotatedReader PlainReader(const StackedLayer& layer) const;

 private:
  const model::VitConfig& from() const { return teacher_.config(); }
  void KeepMean();
  [[noreturn]] void FindNonFinite(const Images& images) const;
  RotatedReader Own(const StackedLayer& layer) const;

  const VitPass& teacher_;
  bool rotates_;
  at::Tensor basis_;   // [D, d]: P
  at::Tensor encode_;  // [D, d]
};

}  // namespace wsel::calibrate
