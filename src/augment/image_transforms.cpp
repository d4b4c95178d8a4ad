#include "wsel/augment/image_transforms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "sample_stream.h"
#include "wsel/augment/auto_augment.h"
#include "wsel/core/error.h"
#include "wsel/image/channels.h"
#include "wsel/image/color.h"
#include "wsel/image/geometry.h"
#include "wsel/image/resample.h"

namespace wsel::augment {
namespace {

// Throws kConfig unless `bytes` is the size of an image of img_size.
void CheckOutput(size_t bytes, const HeightWidth& img_size, int in_chans) {
  const int channels = image::ChannelsInMemory(in_chans);
  if (bytes == static_cast<size_t>(channels * img_size.Area())) return;
  throw Error(ErrorKind::kConfig, "augment.img_size",
              "the output has {} bytes, expected {} x {} x {}", bytes,
              img_size.height, img_size.width, channels);
}

// use(image), with the image as a model of so many channels has it, and of
// other channels than RGB of every three. Errors: kFormat if it has others.
template <typename F>
image::Image WithChannels(const image::Image& source, int in_chans,
                          const F& use) {
  if (source.channels() != image::ChannelsInMemory(in_chans)) {
    image::ThrowOtherChannels("", source.channels(), in_chans);
  }
  return in_chans == 1 ? use(image::Grey(source))
                       : image::MapChannels(source, use);
}

constexpr int kAttempts = 10;  // to draw a crop

// torchvision's CenterCrop along one axis: short images are padded to size
// first, with the odd pixel at the end; otherwise halves round to even.
int CentreOffset(int length, int size) {
  if (length < size) return -((size - length) / 2);
  return static_cast<int>(std::nearbyint((length - size) / 2.0));
}

image::Size SizeOf(const HeightWidth& img_size) {
  return {static_cast<int>(img_size.width), static_cast<int>(img_size.height)};
}

// torchvision's Resize, of the short side or of both, or timm's
// ResizeKeepRatio, then CenterCrop.
struct ResizeAndCrop {
  ResizeAndCrop(image::Size from, bool squash,
                const EvalTransformOptions& options) {
    const auto [width, height] = SizeOf(options.img_size);
    const image::Size scaled =
        SizeOf(image::SizeBeforeCrop(options.img_size, options.crop_pct));
    resized = squash ? scaled : image::Covering(from, scaled);
    window = {CentreOffset(resized.width, width),
              CentreOffset(resized.height, height), width, height};
  }
  image::Image Apply(const image::Image& source,
                     const EvalTransformOptions& options) const {
    return image::ResizeThenCrop(source, resized.width, resized.height, window,
                                 options.interpolation, options.pass_order);
  }

  image::Size resized;
  image::Window window;  // of the resized image
};

image::Image EvalImage(const image::Image& source,
                       const EvalTransformOptions& options) {
  const auto [width, height] = SizeOf(options.img_size);
  switch (image::EvalResizeOf(options.crop_mode, options.img_size)) {
    case image::EvalResize::kNone:
      return image::Crop(source, CentreOffset(source.width(), width),
                         CentreOffset(source.height(), height), width, height);
    case image::EvalResize::kWhole:
      return image::Resize(source, image::FullBox(source), width, height,
                           options.interpolation, options.pass_order);
    case image::EvalResize::kSquash:
      return ResizeAndCrop(source.size(), /*squash=*/true, options)
          .Apply(source, options);
    case image::EvalResize::kShortSide:
      break;
  }
  return ResizeAndCrop(source.size(), /*squash=*/false, options)
      .Apply(source, options);
}

// Rounds half to even, as Python's round().
int Round(double value) { return static_cast<int>(std::nearbyint(value)); }

// torchvision's fallback: the largest centred crop within the aspect ratios.
void CropCentre(const std::array<double, 2>& ratio, int width, int height,
                TrainDraws& draws) {
  draws.width = width;
  draws.height = height;
  const double aspect = static_cast<double>(width) / height;
  if (aspect < ratio[0]) {
    draws.height = std::max(1, Round(width / ratio[0]));
  } else if (aspect > ratio[1]) {
    draws.width = std::max(1, Round(height * ratio[1]));
  }
  draws.left = (width - draws.width) / 2;
  draws.top = (height - draws.height) / 2;
}

// Source: torchvision's RandomResizedCrop.get_params.
void DrawResizedCrop(const TrainTransformOptions& options, int width,
                     int height, const RandomStream& stream,
                     TrainDraws& draws) {
  const double area = static_cast<double>(width) * height;
  for (uint64_t i = 0; i < kAttempts; ++i) {
    const double crop_area =
        area * UniformIn(stream, 4 * i, options.scale[0], options.scale[1]);
    const double ratio =
        std::exp(UniformIn(stream, 4 * i + 1, std::log(options.ratio[0]),
                           std::log(options.ratio[1])));
    draws.width = Round(std::sqrt(crop_area * ratio));
    draws.height = Round(std::sqrt(crop_area / ratio));
    if (draws.width > 0 && draws.width <= width && draws.height > 0 &&
        draws.height <= height) {
      draws.top = UpTo(stream, 4 * i + 2, height - draws.height);
      draws.left = UpTo(stream, 4 * i + 3, width - draws.width);
      return;
    }
  }
  CropCentre(options.ratio, width, height, draws);
}

// Source: torchvision's RandomCrop(img_size, padding).
void DrawPaddedCrop(const TrainTransformOptions& options, int width, int height,
                    const RandomStream& stream, TrainDraws& draws) {
  const auto [crop_width, crop_height] = SizeOf(options.img_size);
  const int room_x = width + 2 * options.padding - crop_width;
  const int room_y = height + 2 * options.padding - crop_height;
  if (room_x < 0 || room_y < 0) {
    throw Error(ErrorKind::kConfig, "augment.crop",
                "an image of {} x {}, padded by {}, is smaller than {}; use "
                "'random-resized' crops",
                width, height, options.padding, options.img_size);
  }
  draws.width = crop_width;
  draws.height = crop_height;
  draws.top = UpTo(stream, 0, room_y) - options.padding;
  draws.left = UpTo(stream, 1, room_x) - options.padding;
}

// Of what is not drawn. An evaluation crop has no random interpolation: timm
// makes it bilinear.
image::Interpolation FixedInterpolation(TrainInterpolation interpolation) {
  switch (interpolation) {
    case TrainInterpolation::kNearest:
      return image::Interpolation::kNearest;
    case TrainInterpolation::kBicubic:
      return image::Interpolation::kBicubic;
    case TrainInterpolation::kBilinear:
    case TrainInterpolation::kRandom:
      break;
  }
  return image::Interpolation::kBilinear;
}

// Of the crop and of each operation of `draws`. Source: timm's
// RandomResizedCropAndInterpolation and _interpolation.
void DrawInterpolations(const RandomStream& stream, TrainDraws& draws) {
  for (size_t i = 0; i <= draws.ops.size(); ++i) {
    draws.interpolations.push_back(stream.Below(i, 2) == 0
                                       ? image::Interpolation::kBilinear
                                       : image::Interpolation::kBicubic);
  }
}

// `which`: 0 for the crop, i + 1 for draws.ops[i].
image::Interpolation InterpolationOf(const TrainTransformOptions& options,
                                     const TrainDraws& draws, size_t which) {
  return options.interpolation == TrainInterpolation::kRandom
             ? draws.interpolations.at(which)
             : FixedInterpolation(options.interpolation);
}

EvalTransformOptions EvaluationOf(const TrainTransformOptions& options) {
  return {options.img_size, options.crop_pct,
          FixedInterpolation(options.interpolation), options.pass_order,
          options.crop_mode};
}

image::Window Whole(image::Size size) {
  return {0, 0, size.width, size.height};
}

// Those of policies and colour jitter are of RGB and grey images.
void CheckHasColours(int in_chans) {
  if (image::IsRgbOrGrey(in_chans)) return;
  throw Error(ErrorKind::kConfig, "augment.rand_augment",
              "has operations on colours, which images of {} channels lack",
              in_chans);
}

image::Image ApplyCrop(const image::Image& source,
                       const TrainTransformOptions& options,
                       const TrainDraws& draws) {
  if (options.crop == TrainCrop::kEvaluation) {
    return EvalImage(source, EvaluationOf(options));
  }
  if (IsPadded(options)) {
    return image::Crop(source, draws.left, draws.top, draws.width,
                       draws.height);
  }
  const auto [width, height] = SizeOf(options.img_size);
  return image::CropThenResize(
      source, {draws.left, draws.top, draws.width, draws.height}, width, height,
      InterpolationOf(options, draws, 0), options.pass_order);
}

}  // namespace

void EvalTransform(const image::Image& source,
                   const EvalTransformOptions& options,
                   std::span<uint8_t> out) {
  CheckOutput(out.size(), options.img_size, options.in_chans);
  const image::Image image = WithChannels(
      source, options.in_chans,
      [&](const image::Image& seen) { return EvalImage(seen, options); });
  std::ranges::copy(image.bytes(), out.begin());
}

image::Window NeededForEval(const EvalTransformOptions& options,
                            image::Size size) {
  const auto resize = image::EvalResizeOf(options.crop_mode, options.img_size);
  if (resize != image::EvalResize::kSquash &&
      resize != image::EvalResize::kShortSide) {
    return Whole(size);
  }
  const ResizeAndCrop crop(size, resize == image::EvalResize::kSquash, options);
  return image::NeededForCrop(size, crop.resized.width, crop.resized.height,
                              crop.window, options.interpolation);
}

TrainDraws DrawTrain(const TrainTransformOptions& options, int width,
                     int height, const SampleAddress& address) {
  TrainDraws draws;
  const auto crop = SampleStream(address, "crop");
  if (IsPadded(options)) {
    DrawPaddedCrop(options, width, height, crop, draws);
  } else if (options.crop != TrainCrop::kEvaluation) {
    DrawResizedCrop(options, width, height, crop, draws);
  }
  draws.flip = SampleStream(address, "flip").Uniform(0) < options.hflip;
  draws.vflip = SampleStream(address, "vflip").Uniform(0) < options.vflip;
  draws.ops = DrawPolicy(options.rand_augment, address);
  if (options.color_jitter > 0 || options.hue > 0) {
    const auto jitter =
        DrawColorJitter(options.color_jitter, options.hue, address);
    draws.ops.insert(draws.ops.end(), jitter.begin(), jitter.end());
  }
  if (options.interpolation == TrainInterpolation::kRandom) {
    DrawInterpolations(SampleStream(address, "interpolation"), draws);
  }
  return draws;
}

void ApplyTrain(const image::Image& source,
                const TrainTransformOptions& options, const TrainDraws& draws,
                std::span<uint8_t> out) {
  CheckOutput(out.size(), options.img_size, options.in_chans);
  if (!draws.ops.empty()) CheckHasColours(options.in_chans);
  image::Image image =
      WithChannels(source, options.in_chans, [&](const image::Image& seen) {
        image::Image crop = ApplyCrop(seen, options, draws);
        if (draws.flip) crop = image::FlipHorizontal(crop);
        return draws.vflip ? image::FlipVertical(crop) : crop;
      });
  const bool trivial = IsTrivialAugment(options.rand_augment);
  const image::Rgb fill = trivial ? image::Rgb{} : options.fill;
  for (size_t i = 0; i < draws.ops.size(); ++i) {
    const auto interpolation = trivial ? image::Interpolation::kNearest
                                       : InterpolationOf(options, draws, i + 1);
    image = ApplyOp(image, draws.ops[i], interpolation, fill);
  }
  std::ranges::copy(image.bytes(), out.begin());
}

void TrainTransform(const image::Image& source,
                    const TrainTransformOptions& options,
                    const SampleAddress& address, std::span<uint8_t> out) {
  ApplyTrain(source, options,
             DrawTrain(options, source.width(), source.height(), address), out);
}

image::Window NeededForTrain(const TrainTransformOptions& options,
                             image::Size size, const SampleAddress& address) {
  if (options.crop == TrainCrop::kEvaluation) {
    return NeededForEval(EvaluationOf(options), size);
  }
  if (IsPadded(options)) return Whole(size);
  TrainDraws draws;
  DrawResizedCrop(options, size.width, size.height,
                  SampleStream(address, "crop"), draws);
  return {draws.left, draws.top, draws.width, draws.height};
}

}  // namespace wsel::augment
