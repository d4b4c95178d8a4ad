#include "wsel/select/apply.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>
#include <fmt/format.h>

#include <stdexcept>

#include "embed_resample.h"
#include "wsel/core/error.h"
#include "wsel/core/parallel.h"
#include "wsel/core/sha256.h"
#include "wsel/nn/initialize.h"
#include "wsel/select/importance_scores.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::select {
namespace {

at::Tensor AsIndex(std::vector<int64_t>& indices) {
  return at::from_blob(indices.data(), {static_cast<int64_t>(indices.size())},
                       at::kLong);
}

// The set's indices, repeated in each of `groups` equal parts of a dimension.
std::vector<int64_t> Expand(const IndexSet& set, int groups) {
  std::vector<int64_t> indices;
  indices.reserve(set.indices.size() * groups);
  for (int g = 0; g < groups; ++g) {
    for (const int64_t index : set.indices) {
      indices.push_back(g * set.of + index);
    }
  }
  return indices;
}

at::Tensor Take(const Selected& s, const Plan& plan, const TensorView& view,
                const Shape&) {
  at::Tensor tensor = Borrow(view);
  for (size_t axis = 0; axis < s.axes.size(); ++axis) {
    const AxisPick& pick = s.axes[axis];
    if (pick.set == AxisPick::kAll) continue;
    auto indices = Expand(plan.sets[pick.set], pick.groups);
    tensor =
        at::index_select(tensor, static_cast<int64_t>(axis), AsIndex(indices));
  }
  if (s.pos_embed) tensor = ResamplePosEmbed(tensor, *s.pos_embed);
  if (s.patch_embed) tensor = ResamplePatchEmbed(tensor, *s.patch_embed);
  return tensor;
}

at::Tensor Take(const TopMagnitude& t, const Plan&, const TensorView& view,
                const Shape& shape) {
  auto indices = LargestMagnitude(view, *Numel(shape));
  if (DigestOf(indices) != t.digest) {
    throw Error(ErrorKind::kMismatch, t.teacher,
                "its elements of largest magnitude differ from those in the "
                "plan, which was made for another teacher");
  }
  return Borrow(view).reshape({-1}).index_select(0, AsIndex(indices));
}

TensorView ReadChecked(const TensorSource* teacher, const std::string& name,
                       const Shape& shape) {
  const TensorSpec* spec = teacher == nullptr ? nullptr : teacher->Find(name);
  if (spec == nullptr) {
    throw Error(ErrorKind::kMismatch, name,
                "the plan selects from this tensor, but the teacher lacks it");
  }
  if (spec->shape != shape || !IsFloating(spec->dtype)) {
    throw Error(ErrorKind::kMismatch, name,
                "the plan expects {}, the teacher has {} {}",
                FormatShape(shape), Name(spec->dtype),
                FormatShape(spec->shape));
  }
  return teacher->View(name);
}

// A tensor that owns its memory: one that was taken whole still points into the
// teacher's file.
at::Tensor Own(const at::Tensor& taken, const Shape& shape,
               const TensorView& view) {
  const at::Tensor tensor = taken.to(at::kFloat).contiguous().reshape(shape);
  const bool borrowed = tensor.const_data_ptr() == view.bytes.data();
  return borrowed ? tensor.clone() : tensor;
}

}  // namespace

Student Apply(const Plan& plan, const TensorSource* teacher) {
  if (!IsDecided(plan)) throw std::logic_error("an undecided plan is applied");
  Student student;
  student.tensors.resize(plan.entries.size());
  std::vector<std::string> lines(plan.entries.size());
  const auto take = [&](size_t i, const auto& source) {
    const TensorSpec& spec = plan.entries[i].student;
    const TensorView view =
        ReadChecked(teacher, source.teacher, source.teacher_shape);
    lines[i] = fmt::format("{} {}\n", source.teacher, Sha256Hex(view.bytes));
    student.tensors[i] =
        Own(Take(source, plan, view, spec.shape), spec.shape, view);
    teacher->Release(source.teacher);
  };
  ParallelFor(plan.entries.size(), [&](size_t i) {
    const Entry& entry = plan.entries[i];
    if (const auto* random = std::get_if<Reinitialised>(&entry.source)) {
      student.tensors[i] =
          nn::Draw(random->init, entry.student, plan.options.seed);
    } else if (const auto* top = std::get_if<TopMagnitude>(&entry.source)) {
      take(i, *top);
    } else if (std::holds_alternative<Computed>(entry.source)) {
      throw std::logic_error("a computed tensor is taken");
    } else {
      take(i, std::get<Selected>(entry.source));
    }
  });
  if (teacher != nullptr) {
    Sha256 digest;
    for (const std::string& line : lines) digest.Update(line);
    student.teacher_digest = digest.Hex();
  }
  return student;
}

}  // namespace wsel::select
