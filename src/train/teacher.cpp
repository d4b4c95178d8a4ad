#include "wsel/train/teacher.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <utility>

#include "wsel/core/error.h"
#include "wsel/train/device.h"
#include "wsel/train/image_batches.h"

namespace wsel::train {

bool ComparesClasses(Distillation method) {
  return method == Distillation::kLogit || method == Distillation::kHard;
}

at::Tensor PrepareForTeacher(const TeacherOptions& options,
                             const at::Tensor& images) {
  at::Tensor prepared = images;
  const image::Normalisation& s = options.student;
  const image::Normalisation& t = options.teacher;
  // The teacher of RGB images gets grey ones as such.
  if (s.in_chans < t.in_chans) prepared = prepared.expand({-1, 3, -1, -1});
  if (s.mean != t.mean || s.std != t.std) {
    image::ChannelValues factor;
    image::ChannelValues offset;
    for (size_t c = 0; c < t.mean.size(); ++c) {
      factor.push_back(s.std.at(c) / t.std.at(c));
      offset.push_back((s.mean.at(c) - t.mean[c]) / t.std[c]);
    }
    prepared = prepared * PerChannel(factor, prepared.device(), t.in_chans) +
               PerChannel(offset, prepared.device(), t.in_chans);
  }
  const HeightWidth& size = options.img_size;
  if (size == 0 || size == HeightWidth(images.size(2), images.size(3))) {
    return prepared;
  }
  return at::_upsample_bicubic2d_aa(prepared, {size.height, size.width},
                                    /*align_corners=*/false);
}

Teacher ModelTeacher(nn::Model model, Distillation method,
                     const TeacherOptions& options) {
  model.module->to(options.device);
  for (auto& parameter : model.module->parameters()) {
    parameter.set_requires_grad(false);
  }
  const bool feature = method == Distillation::kFeature;
  Teacher teacher;
  teacher.name = NameOf(model.config);
  teacher.width =
      feature ? NumFeatures(model.config) : NumClasses(model.config);
  teacher.forward = [model = std::move(model), feature,
                     options](const at::Tensor& images) {
    const at::NoGradGuard no_grad;
    const at::Tensor prepared = PrepareForTeacher(options, images);
    const Autocast autocast(options.precision, options.device);
    const at::Tensor output = feature
                                  ? model.forward_outputs(prepared, {}).feature
                                  : model.forward(prepared);
    return output.to(at::kFloat);
  };
  return teacher;
}

namespace {

// Whether each row is a distribution, as softmax returns it.
bool AreProbabilities(const at::Tensor& outputs) {
  return outputs.size(1) > 1 && outputs.ge(0).all().item<bool>() &&
         (outputs.sum(1) - 1).abs().le(0.01).all().item<bool>();
}

}  // namespace

void CheckTeacher(const Teacher& teacher, Distillation method, int64_t classes,
                  const HeightWidth& student_img_size,
                  const c10::Device& device, int64_t in_chans) {
  if (ComparesClasses(method) && teacher.width != classes) {
    const std::string found =
        teacher.width == 0
            ? "has no classifier"
            : fmt::format("has {} classes, but the data set has {}",
                          teacher.width, classes);
    throw Error(ErrorKind::kMismatch, teacher.name,
                found +
                    ": use a teacher that was trained on this data set, or "
                    "distil features");
  }
  const at::Tensor grey =
      at::zeros({2, in_chans, student_img_size.height, student_img_size.width},
                at::TensorOptions(device));
  grey[1].fill_(1);
  const at::Tensor outputs = teacher.forward(grey);
  if (!at::isfinite(outputs).all().item<bool>()) {
    throw Error(ErrorKind::kMismatch, teacher.name,
                "outputs NaN or infinite values for a grey image: its weights "
                "are corrupt, or teacher.precision is too low for it");
  }
  if (method == Distillation::kLogit && AreProbabilities(outputs)) {
    throw Error(ErrorKind::kMismatch, teacher.name,
                "returns probabilities, which sum to 1, and the loss needs "
                "logits: save it without the softmax at its end, or distil "
                "with 'hard', which only needs the largest output");
  }
}

}  // namespace wsel::train
