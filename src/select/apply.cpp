#include "wsel/select/apply.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>
#include <fmt/format.h>

#include "wsel/core/error.h"
#include "wsel/core/parallel.h"
#include "wsel/core/sha256.h"
#include "wsel/model/initialize.h"
#include "wsel/select/resample.h"
#include "wsel/select/scores.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::select {
namespace {

at::Tensor AsIndex(std::vector<int64_t>& positions) {
  return at::from_blob(positions.data(),
                       {static_cast<int64_t>(positions.size())}, at::kLong);
}

// The positions of an axis: the set's, in each of its groups.
std::vector<int64_t> Expand(const IndexSet& set, int groups) {
  std::vector<int64_t> positions;
  positions.reserve(set.indices.size() * groups);
  for (int g = 0; g < groups; ++g) {
    for (const int64_t index : set.indices) {
      positions.push_back(g * set.of + index);
    }
  }
  return positions;
}

at::Tensor Take(const Selected& s, const Plan& plan, const TensorView& view) {
  at::Tensor tensor = Borrow(view);
  for (size_t axis = 0; axis < s.axes.size(); ++axis) {
    const AxisPick& pick = s.axes[axis];
    if (pick.set == AxisPick::kAll) continue;
    auto positions = Expand(plan.sets[pick.set], pick.groups);
    tensor = at::index_select(tensor, static_cast<int64_t>(axis),
                              AsIndex(positions));
  }
  if (s.positions) tensor = ResamplePositions(tensor, *s.positions);
  if (s.kernel) tensor = ResizeKernel(tensor, *s.kernel);
  return tensor;
}

at::Tensor Take(const Ranked& r, const Shape& shape, const TensorView& view) {
  auto positions = LargestMagnitude(view, *ElementCount(shape));
  if (DigestOf(positions) != r.digest) {
    throw Error(ErrorKind::kMismatch, r.teacher,
                "its elements of largest magnitude are others than when the "
                "plan was made: this is another teacher");
  }
  return Borrow(view).reshape({-1}).index_select(0, AsIndex(positions));
}

TensorView ReadChecked(const TensorSource* teacher, const std::string& name,
                       const Shape& shape) {
  const TensorSpec* spec = teacher == nullptr ? nullptr : teacher->Find(name);
  if (spec == nullptr) {
    throw Error(ErrorKind::kMismatch, name,
                "the plan takes this tensor, and the teacher has none");
  }
  if (spec->shape != shape || !IsFloating(spec->dtype)) {
    throw Error(ErrorKind::kMismatch, name,
                fmt::format("the plan takes it from {}, the teacher has {} {}",
                            FormatShape(shape), Name(spec->dtype),
                            FormatShape(spec->shape)));
  }
  return teacher->View(name);
}

// The student's tensor in memory of its own: what was taken whole is still the
// teacher's, which goes with its file.
at::Tensor Own(const at::Tensor& taken, const Shape& shape,
               const TensorView& view) {
  const at::Tensor tensor = taken.to(at::kFloat).contiguous().reshape(shape);
  const bool borrowed = tensor.const_data_ptr() == view.bytes.data();
  return borrowed ? tensor.clone() : tensor;
}

}  // namespace

Student Apply(const Plan& plan, const TensorSource* teacher) {
  Student student;
  student.tensors.resize(plan.entries.size());
  std::vector<std::string> lines(plan.entries.size());
  const auto take = [&](size_t i, const auto& source) {
    const TensorSpec& spec = plan.entries[i].student;
    const TensorView view =
        ReadChecked(teacher, source.teacher, source.teacher_shape);
    lines[i] = fmt::format("{} {}\n", source.teacher, Sha256Hex(view.bytes));
    if constexpr (std::is_same_v<std::decay_t<decltype(source)>, Ranked>) {
      student.tensors[i] =
          Own(Take(source, spec.shape, view), spec.shape, view);
    } else {
      student.tensors[i] = Own(Take(source, plan, view), spec.shape, view);
    }
    teacher->Drop(source.teacher);
  };
  ParallelFor(plan.entries.size(), [&](size_t i) {
    const Entry& entry = plan.entries[i];
    if (const auto* fresh = std::get_if<Fresh>(&entry.source)) {
      student.tensors[i] =
          model::Draw(fresh->init, entry.student, plan.options.seed);
    } else if (const auto* ranked = std::get_if<Ranked>(&entry.source)) {
      take(i, *ranked);
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
