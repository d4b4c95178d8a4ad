#include "generic_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "skip.h"
#include "wsel/core/error.h"

namespace wsel::select {
namespace {

using model::DimensionRole;
using model::Init;

void CheckOptions(const Options& options) {
  if (options.official) {
    throw Error(ErrorKind::kUsage, "official",
                "the official rule is only for ViT and ConvNeXt; leave it out");
  }
  if (options.heads != Heads::kFlat && !KeepsConsistency(options.method)) {
    throw Error(ErrorKind::kUsage, "heads",
                fmt::format("method {} selects for each tensor separately and "
                            "does not keep heads; leave it out",
                            Methods().NameOf(options.method)));
  }
  for (const std::string& item : options.skip) {
    if (item.find_first_of("*.") != std::string::npos) continue;
    throw Error(ErrorKind::kUsage, "skip",
                fmt::format("'{}': this model has no named components; use a "
                            "pattern ('*{}*')",
                            item, item));
  }
}

// `tensor` is one that has this dimension.
void CheckDimension(const NamedDimension& d, const std::string& tensor) {
  if (d.to == d.from) return;
  if (d.role == DimensionRole::kFixed) {
    throw Error(ErrorKind::kMismatch, d.name,
                fmt::format("is fixed: nothing is selected along it, but the "
                            "teacher has {}, the student {} ({})",
                            d.from, d.to, tensor));
  }
  if (d.to > d.from) {
    throw Error(ErrorKind::kMismatch, d.name,
                fmt::format("the student has {}, the teacher only {} ({}); a "
                            "student must not be larger than its teacher",
                            d.to, d.from, tensor));
  }
  if (d.to < 1) {
    throw Error(ErrorKind::kMismatch, d.name,
                fmt::format("is 0 in the student ({})", tensor));
  }
}

Init DefaultInit(const TensorSpec& spec) {
  if (spec.name.ends_with("bias") || spec.name.ends_with("running_mean")) {
    return {};
  }
  if (spec.shape.size() <= 1) return {.value = 1};
  return {.kind = model::InitKind::kTruncNormal, .value = 0.02, .bound = 0.04};
}

class Planner {
 public:
  Planner(const GenericMapping& mapping, const Options& options,
          const ImportanceScores& importance, Plan& plan)
      : mapping_(mapping),
        options_(options),
        importance_(importance),
        plan_(plan) {}

  void Run() {
    const Skip skip(options_.skip, AsParameterSpecs());
    std::vector<const std::string*> skipped;
    for (const NamedPair& pair : mapping_.pairs) {
      skipped.push_back(skip.Match(AsParameterSpec(pair)));
      if (skipped.back() == nullptr) selected_.push_back(&pair);
    }
    for (const NamedPair* pair : selected_) CheckPair(*pair);
    for (size_t i = 0; i < skipped.size(); ++i) {
      AddEntry(mapping_.pairs[i], skipped[i]);
    }
  }

 private:
  static model::ParameterSpec AsParameterSpec(const NamedPair& pair) {
    model::ParameterSpec tensor;
    tensor.spec = pair.student;
    return tensor;
  }
  std::vector<model::ParameterSpec> AsParameterSpecs() const {
    std::vector<model::ParameterSpec> tensors;
    for (const NamedPair& pair : mapping_.pairs) {
      tensors.push_back(AsParameterSpec(pair));
    }
    return tensors;
  }

  void CheckPair(const NamedPair& pair) const {
    const std::string& name = pair.student.name;
    if (pair.teacher.name.empty()) {
      throw Error(
          ErrorKind::kMismatch, name,
          fmt::format("the teacher has no such tensor; choose a student of "
                      "the teacher's architecture, or skip '{}' to "
                      "re-initialise it",
                      name));
    }
    if (pair.teacher.shape.size() != pair.student.shape.size()) {
      throw Error(ErrorKind::kMismatch, name,
                  fmt::format("is {} in the student and {} in the teacher",
                              FormatShape(pair.student.shape),
                              FormatShape(pair.teacher.shape)));
    }
    if (!IsFloating(pair.teacher.dtype)) {
      throw Error(ErrorKind::kMismatch, pair.teacher.name,
                  fmt::format("holds {}; expected a floating-point type",
                              Name(pair.teacher.dtype)));
    }
    for (const NamedAxis& axis : pair.axes) {
      if (axis.dimension) {
        CheckDimension(mapping_.dimensions[*axis.dimension], name);
      }
    }
  }

  void AddEntry(const NamedPair& pair, const std::string* skipped) {
    if (skipped != nullptr) {
      plan_.entries.push_back(
          {pair.student,
           Reinitialised{"skipped: " + *skipped, DefaultInit(pair.student)}});
      if (!pair.teacher.name.empty()) {
        plan_.unused.push_back({pair.teacher.name, "skipped"});
      }
      return;
    }
    const TensorSpec& teacher = pair.teacher;
    const int64_t count = *Numel(pair.student.shape);
    if (options_.method == Method::kMagnitude &&
        count != *Numel(teacher.shape)) {
      plan_.entries.push_back(
          {pair.student,
           TopMagnitude{teacher.name, teacher.shape,
                        importance_.magnitude_digest(teacher.name, count)}});
      return;
    }
    Selected selected{teacher.name, teacher.shape, {}, {}, {}};
    for (size_t axis = 0; axis < teacher.shape.size(); ++axis) {
      selected.axes.push_back(Pick(pair, axis));
    }
    plan_.entries.push_back({pair.student, std::move(selected)});
  }

  AxisPick Pick(const NamedPair& pair, size_t axis) {
    const int64_t from = pair.teacher.shape[axis];
    const int64_t to = pair.student.shape[axis];
    if (from == to) return {};
    const NamedDimension& d = DimensionOf(pair, axis);
    const int groups = pair.axes[axis].groups;
    const std::string name = SetName(pair, axis);
    if (d.role == DimensionRole::kLeading) {
      return {Intern(name, d.from, [&] { return Consecutive(d.to); }), groups};
    }
    if (!KeepsConsistency(options_.method)) {
      return {Intern(name, from,
                     [&] {
                       return SelectIndices(options_, name, from, to,
                                            OwnScores(pair, axis));
                     }),
              1};
    }
    return {Intern(name, d.from,
                   [&] {
                     const auto scores = SharedScores(name, d.from);
                     return d.role == DimensionRole::kAttention
                                ? SelectChannels(options_, name, d.from_heads,
                                                 d.to_heads, scores)
                                : SelectIndices(options_, name, d.from, d.to,
                                                scores);
                   }),
            groups};
  }

  const NamedDimension& DimensionOf(const NamedPair& pair, size_t axis) const {
    return mapping_.dimensions[*pair.axes[axis].dimension];
  }

  // Dimensions with the same name share one index set.
  std::string SetName(const NamedPair& pair, size_t axis) const {
    const NamedDimension& d = DimensionOf(pair, axis);
    if (d.role == DimensionRole::kLeading) return d.name;
    if (!KeepsConsistency(options_.method)) {
      return fmt::format("{}[{}]", pair.student.name, axis);
    }
    // Hidden channels of different layers are unrelated: data-dependent rules
    // select them per layer.
    const bool own = d.role != DimensionRole::kWidth &&
                     IsDataDependent(options_.method) && !pair.layer.empty();
    return own ? fmt::format("{}.{}", pair.layer, d.name) : d.name;
  }

  int Intern(const std::string& name, int64_t of,
             const std::function<Indices()>& select) {
    const auto [at, added] =
        by_name_.try_emplace(name, static_cast<int>(plan_.sets.size()));
    if (added) plan_.sets.push_back({name, of, select()});
    return at->second;
  }

  std::vector<double> OwnScores(const NamedPair& pair, size_t axis) const {
    if (!IsDataDependent(options_.method)) return {};
    return importance_.slice_scores(pair.teacher.name, axis, 1);
  }

  std::vector<double> SharedScores(const std::string& name, int64_t of) const {
    if (!IsDataDependent(options_.method)) return {};
    const int power = options_.method == Method::kL2Shared ? 2 : 1;
    std::vector<double> sum(static_cast<size_t>(of));
    for (const NamedPair* pair : selected_) {
      for (size_t axis = 0; axis < pair->axes.size(); ++axis) {
        if (!pair->axes[axis].dimension || SetName(*pair, axis) != name) {
          continue;
        }
        const auto scores = FoldScores(
            importance_.slice_scores(pair->teacher.name, axis, power),
            pair->axes[axis].groups);
        std::transform(sum.begin(), sum.end(), scores.begin(), sum.begin(),
                       std::plus<>());
      }
    }
    return sum;
  }

  const GenericMapping& mapping_;
  const Options& options_;
  const ImportanceScores& importance_;
  Plan& plan_;
  std::vector<const NamedPair*> selected_;
  std::map<std::string, int> by_name_;
};

}  // namespace

Plan PlanGeneric(GenericMapping mapping, const Options& options,
                 const ImportanceScores& importance) {
  CheckOptions(options);
  Plan plan;
  plan.teacher = mapping.teacher;
  plan.student = mapping.student;
  plan.options = options;
  plan.layers = mapping.layers;
  plan.unused = mapping.unused;
  plan.notes = mapping.notes;
  Planner(mapping, options, importance, plan).Run();
  if (!KeepsConsistency(options.method)) {
    plan.notes.push_back(fmt::format(
        "method {} breaks consistency on purpose: indices are selected "
        "separately for each tensor and dimension",
        Methods().NameOf(options.method)));
  }
  return plan;
}

}  // namespace wsel::select
