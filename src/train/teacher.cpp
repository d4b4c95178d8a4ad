#include "wsel/train/teacher.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "wsel/core/error.h"
#include "wsel/train/precision.h"

namespace wsel::train {
namespace {

at::Tensor PerChannel(const std::array<double, 3>& values,
                      const at::Tensor& like) {
  return at::tensor(at::ArrayRef<double>(values), at::kFloat)
      .view({1, 3, 1, 1})
      .to(like.device());
}

bool ComparesClasses(Distillation method) {
  return method == Distillation::kLogit || method == Distillation::kHard;
}

}  // namespace

at::Tensor SeenBy(const TeacherView& view, const at::Tensor& images) {
  at::Tensor seen = images;
  const Normalisation& s = view.student;
  const Normalisation& t = view.teacher;
  if (s.mean != t.mean || s.std != t.std) {
    std::array<double, 3> factor;
    std::array<double, 3> offset;
    for (size_t c = 0; c < 3; ++c) {
      factor[c] = s.std[c] / t.std[c];
      offset[c] = (s.mean[c] - t.mean[c]) / t.std[c];
    }
    seen = seen * PerChannel(factor, seen) + PerChannel(offset, seen);
  }
  if (view.img_size == 0 || view.img_size == images.size(2)) return seen;
  return at::_upsample_bicubic2d_aa(seen, {view.img_size, view.img_size},
                                    /*align_corners=*/false);
}

Teacher ModelTeacher(model::Model model, Distillation method,
                     const TeacherView& view) {
  model.module->to(view.device);
  for (auto& parameter : model.module->parameters()) {
    parameter.set_requires_grad(false);
  }
  const bool feature = method == Distillation::kFeature;
  Teacher teacher;
  teacher.name = NameOf(model.config);
  teacher.width =
      feature ? FeatureWidth(model.config) : NumClasses(model.config);
  teacher.answer = [model, feature, view](const at::Tensor& images) {
    const at::NoGradGuard no_grad;
    const at::Tensor seen = SeenBy(view, images);
    const Autocast autocast(view.precision, view.device);
    const at::Tensor answer =
        feature ? model.forward_outputs(seen, {}).feature : model.forward(seen);
    return answer.to(at::kFloat);
  };
  return teacher;
}

void CheckTeacher(const Teacher& teacher, Distillation method, int64_t classes,
                  int64_t student_img_size, const c10::Device& device) {
  if (ComparesClasses(method) && teacher.width != classes) {
    throw Error(
        ErrorKind::kMismatch, teacher.name,
        teacher.width == 0
            ? "has no classifier, so its classes cannot be learnt: take one "
              "that was trained on this data, or distil by features"
            : fmt::format("tells {} classes apart, and the data set has {}: "
                          "take one that was trained on this data, or distil "
                          "by features",
                          teacher.width, classes));
  }
  const at::Tensor grey = at::zeros({2, 3, student_img_size, student_img_size},
                                    at::TensorOptions(device));
  if (!at::isfinite(teacher.answer(grey)).all().item<bool>()) {
    throw Error(ErrorKind::kMismatch, teacher.name,
                "answers a grey picture with numbers that are none (NaN or "
                "infinite): its weights are broken, or train.precision is too "
                "low for it (teacher.precision)");
  }
}

}  // namespace wsel::train
