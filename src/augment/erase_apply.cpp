#include "wsel/augment/erase_apply.h"

#include <ATen/ATen.h>

#include "wsel/core/error.h"

namespace wsel::augment {

void Erase(at::Tensor& images, int64_t i, int top, int left, int height,
           int width, const at::Tensor& values) {
  if (i < 0 || i >= images.size(0) || top < 0 || left < 0 || height < 0 ||
      width < 0 || top + int64_t{height} > images.size(2) ||
      left + int64_t{width} > images.size(3) ||
      values.numel() != int64_t{3} * height * width) {
    throw Error(ErrorKind::kConfig, "erase",
                "the rectangle and its values do not fit the images");
  }
  images.select(0, i)
      .slice(1, top, top + height)
      .slice(2, left, left + width)
      .copy_(values.view({3, height, width}));
}

}  // namespace wsel::augment
