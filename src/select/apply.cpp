#include "wsel/select/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "embed_resample.h"
#include "wsel/core/error.h"
#include "wsel/core/parallel.h"
#include "wsel/core/sha256.h"
#include "wsel/model/adapt_in_chans.h"
#include "wsel/model/draw.h"
#include "wsel/select/importance_scores.h"
#include "wsel/tensor/floats.h"

namespace wsel::select {
namespace {

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

// The elements that the plan takes of a teacher's tensor.
std::vector<float> Take(const Selected& s, const Plan& plan,
                        const TensorView& view, const Shape& shape) {
  std::vector<Positions> positions(view.spec.shape.size());
  for (size_t axis = 0; axis < s.axes.size(); ++axis) {
    const AxisPick& pick = s.axes[axis];
    if (pick.set == AxisPick::kAll) continue;
    positions[axis] = Expand(plan.sets[pick.set], pick.groups);
  }
  std::vector<float> values = Gather(view, positions);
  if (values.empty()) return std::vector<float>(*Numel(shape));  // zeros
  if (s.pos_embed) {
    const auto& channels = positions[2];
    const int64_t width =
        channels ? static_cast<int64_t>(channels->size()) : view.spec.shape[2];
    values = ResamplePosEmbed(values, width, *s.pos_embed);
  }
  if (s.patch_embed) {
    const int64_t pixels = s.patch_embed->from * s.patch_embed->from;
    values = ResamplePatchEmbed(
        values, static_cast<int64_t>(values.size()) / pixels, *s.patch_embed);
  }
  if (s.in_chans) {
    const auto filters = positions[0]
                             ? static_cast<int64_t>(positions[0]->size())
                             : view.spec.shape[0];
    const auto count = static_cast<int64_t>(values.size());
    values = model::AdaptInChans(values, count / (filters * s.in_chans->from),
                                 s.in_chans->to);
  }
  return values;
}

std::vector<float> TakeLargest(const TopMagnitude& t, const TensorView& view,
                               int64_t count) {
  const auto indices = LargestMagnitude(view, count);
  if (DigestOf(indices) != t.digest) {
    throw Error(ErrorKind::kMismatch, t.teacher,
                "its elements of largest magnitude differ from those in the "
                "plan, which was made for another teacher");
  }
  const Floats all(view);
  std::vector<float> values;
  for (const int64_t index : indices) {
    values.push_back(all.values()[static_cast<size_t>(index)]);
  }
  return values;
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

std::vector<float> DrawReinitialised(const model::Init& init,
                                     const TensorSpec& spec, uint64_t seed,
                                     const SvdParts* svd) {
  if (!model::NeedsSvd(init)) return model::Draw(init, spec, seed);
  if (svd == nullptr) throw std::logic_error("a mimetic tensor without SVD");
  return svd->draw(init, spec, seed);
}

}  // namespace

bool NeedsSvd(const Plan& plan) {
  return std::ranges::any_of(plan.entries, [](const Entry& entry) {
    const auto* random = std::get_if<Reinitialised>(&entry.source);
    return random != nullptr && model::NeedsSvd(random->init);
  });
}

Student Apply(const Plan& plan, const TensorSource* teacher,
              const SvdParts* svd) {
  if (!IsDecided(plan)) throw std::logic_error("an undecided plan is applied");
  Student student;
  student.tensors.resize(plan.entries.size());
  std::vector<std::string> lines(plan.entries.size());
  // Of a teacher's tensor: take(view).
  const auto read = [&](size_t i, const auto& source, const auto& take) {
    const TensorView view =
        ReadChecked(teacher, source.teacher, source.teacher_shape);
    lines[i] = fmt::format("{} {}\n", source.teacher, Sha256Hex(view.bytes));
    auto values = take(view);
    teacher->Release(source.teacher);
    return values;
  };
  const auto values_of = [&](size_t i) {
    const Entry& entry = plan.entries[i];
    if (const auto* random = std::get_if<Reinitialised>(&entry.source)) {
      return DrawReinitialised(random->init, entry.student, plan.options.seed,
                               svd);
    }
    if (const auto* top = std::get_if<TopMagnitude>(&entry.source)) {
      return read(i, *top, [&](const TensorView& view) {
        return TakeLargest(*top, view, *Numel(entry.student.shape));
      });
    }
    if (std::holds_alternative<Computed>(entry.source)) {
      throw std::logic_error("a computed tensor is taken");
    }
    const auto& selected = std::get<Selected>(entry.source);
    return read(i, selected, [&](const TensorView& view) {
      return Take(selected, plan, view, entry.student.shape);
    });
  };
  ParallelFor(plan.entries.size(), [&](size_t i) {
    const TensorSpec& spec = plan.entries[i].student;
    student.tensors[i] = OwningView(spec.name, spec.shape, values_of(i));
  });
  if (teacher != nullptr) {
    Sha256 digest;
    for (const std::string& line : lines) digest.Update(line);
    student.teacher_digest = digest.Hex();
  }
  return student;
}

}  // namespace wsel::select
