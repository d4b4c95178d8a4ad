#include "wsel/select/generic_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "wsel/core/error.h"
#include "wsel/select/skip.h"

namespace wsel::select {
namespace {

using model::DimensionRole;
using model::Init;

void CheckOptions(const Options& options) {
  if (options.official) {
    throw Error(ErrorKind::kUsage, "--compat official",
                "is the rule of ViT and ConvNeXt; leave it out");
  }
  if (options.heads != Heads::kFlat && !KeepsConsistency(options.method)) {
    throw Error(ErrorKind::kUsage, "--heads",
                fmt::format("--method {} chooses for each tensor alone and "
                            "keeps no heads; leave it out",
                            Methods().NameOf(options.method)));
  }
  for (const std::string& item : options.skip) {
    if (item.find_first_of("*.") != std::string::npos) continue;
    throw Error(ErrorKind::kUsage, "--skip",
                fmt::format("'{}': this model has no components by name; give "
                            "a pattern ('*{}*')",
                            item, item));
  }
}

// `tensor` is one that has the dimension.
void CheckDimension(const NamedDimension& d, const std::string& tensor) {
  if (d.to == d.from) return;
  if (d.role == DimensionRole::kFixed) {
    throw Error(ErrorKind::kMismatch, d.name,
                fmt::format("is fixed: the teacher has {}, the student {}, and "
                            "nothing is selected from it ({})",
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
                fmt::format("the student has none ({})", tensor));
  }
}

Init FreshInit(const TensorSpec& spec) {
  if (spec.name.ends_with("bias") || spec.name.ends_with("running_mean")) {
    return {};
  }
  if (spec.shape.size() <= 1) return {.value = 1};
  return {.kind = model::InitKind::kTruncNormal, .value = 0.02, .bound = 0.04};
}

class Planner {
 public:
  Planner(const GenericSides& sides, const Options& options,
          const Evidence& evidence, Plan& plan)
      : sides_(sides), options_(options), evidence_(evidence), plan_(plan) {}

  void Run() {
    const Skip skip(options_.skip, AsModelTensors());
    std::vector<const std::string*> skipped;
    for (const NamedPair& pair : sides_.pairs) {
      skipped.push_back(skip.Match(AsModelTensor(pair)));
      if (skipped.back() == nullptr) selected_.push_back(&pair);
    }
    for (const NamedPair* pair : selected_) CheckPair(*pair);
    for (size_t i = 0; i < skipped.size(); ++i) {
      AddEntry(sides_.pairs[i], skipped[i]);
    }
  }

 private:
  static model::ModelTensor AsModelTensor(const NamedPair& pair) {
    model::ModelTensor tensor;
    tensor.spec = pair.student;
    return tensor;
  }
  std::vector<model::ModelTensor> AsModelTensors() const {
    std::vector<model::ModelTensor> tensors;
    for (const NamedPair& pair : sides_.pairs) {
      tensors.push_back(AsModelTensor(pair));
    }
    return tensors;
  }

  void CheckPair(const NamedPair& pair) const {
    const std::string& name = pair.student.name;
    if (pair.teacher.name.empty()) {
      throw Error(
          ErrorKind::kMismatch, name,
          fmt::format("the teacher has no such tensor; choose a student of "
                      "the teacher's kind, or initialise it afresh with "
                      "--skip '{}'",
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
                  fmt::format("holds {}; weights are floating point numbers",
                              Name(pair.teacher.dtype)));
    }
    for (const NamedAxis& axis : pair.axes) {
      if (axis.dimension) {
        CheckDimension(sides_.dimensions[*axis.dimension], name);
      }
    }
  }

  void AddEntry(const NamedPair& pair, const std::string* skipped) {
    if (skipped != nullptr) {
      plan_.entries.push_back({pair.student, Fresh{"skipped: " + *skipped,
                                                   FreshInit(pair.student)}});
      if (!pair.teacher.name.empty()) {
        plan_.unused.push_back({pair.teacher.name, "skipped"});
      }
      return;
    }
    const TensorSpec& teacher = pair.teacher;
    const int64_t count = *ElementCount(pair.student.shape);
    if (options_.method == Method::kMagnitude &&
        count != *ElementCount(teacher.shape)) {
      plan_.entries.push_back({pair.student, Ranked{teacher.name, teacher.shape,
                                                    evidence_.magnitude_digest(
                                                        teacher.name, count)}});
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
                       return Choose(options_, name, from, to,
                                     OwnScores(pair, axis));
                     }),
              1};
    }
    return {Intern(name, d.from,
                   [&] {
                     const auto scores = SharedScores(name, d.from);
                     return d.role == DimensionRole::kAttention
                                ? ChooseChannels(options_, name, d.from_heads,
                                                 d.to_heads, scores)
                                : Choose(options_, name, d.from, d.to, scores);
                   }),
            groups};
  }

  const NamedDimension& DimensionOf(const NamedPair& pair, size_t axis) const {
    return sides_.dimensions[*pair.axes[axis].dimension];
  }

  // Names are addresses: dimensions of one name share their set.
  std::string SetName(const NamedPair& pair, size_t axis) const {
    const NamedDimension& d = DimensionOf(pair, axis);
    if (d.role == DimensionRole::kLeading) return d.name;
    if (!KeepsConsistency(options_.method)) {
      return fmt::format("{}[{}]", pair.student.name, axis);
    }
    // Hidden channels of two layers have nothing to do with each other: where
    // scores decide, each layer has its own.
    const bool own = d.role != DimensionRole::kWidth &&
                     LooksAtWeights(options_.method) && !pair.layer.empty();
    return own ? fmt::format("{}.{}", pair.layer, d.name) : d.name;
  }

  int Intern(const std::string& name, int64_t of,
             const std::function<Indices()>& choose) {
    const auto [at, fresh] =
        by_name_.try_emplace(name, static_cast<int>(plan_.sets.size()));
    if (fresh) plan_.sets.push_back({name, of, choose()});
    return at->second;
  }

  std::vector<double> OwnScores(const NamedPair& pair, size_t axis) const {
    if (!LooksAtWeights(options_.method)) return {};
    return evidence_.slice_scores(pair.teacher.name, axis, 1);
  }

  std::vector<double> SharedScores(const std::string& name, int64_t of) const {
    if (!LooksAtWeights(options_.method)) return {};
    const int power = options_.method == Method::kL2Shared ? 2 : 1;
    std::vector<double> sum(static_cast<size_t>(of));
    for (const NamedPair* pair : selected_) {
      for (size_t axis = 0; axis < pair->axes.size(); ++axis) {
        if (!pair->axes[axis].dimension || SetName(*pair, axis) != name) {
          continue;
        }
        const auto scores =
            FoldScores(evidence_.slice_scores(pair->teacher.name, axis, power),
                       pair->axes[axis].groups);
        std::transform(sum.begin(), sum.end(), scores.begin(), sum.begin(),
                       std::plus<>());
      }
    }
    return sum;
  }

  const GenericSides& sides_;
  const Options& options_;
  const Evidence& evidence_;
  Plan& plan_;
  std::vector<const NamedPair*> selected_;
  std::map<std::string, int> by_name_;
};

}  // namespace

Plan PlanGeneric(GenericSides sides, const Options& options,
                 const Evidence& evidence) {
  CheckOptions(options);
  Plan plan;
  plan.teacher = sides.teacher;
  plan.student = sides.student;
  plan.options = options;
  plan.layers = sides.layers;
  plan.unused = sides.unused;
  plan.notes = sides.notes;
  Planner(sides, options, evidence, plan).Run();
  if (!KeepsConsistency(options.method)) {
    plan.notes.push_back(fmt::format(
        "--method {} breaks consistency on purpose: each tensor and dimension "
        "is chosen alone",
        Methods().NameOf(options.method)));
  }
  return plan;
}

}  // namespace wsel::select
