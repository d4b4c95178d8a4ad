#include "wsel/select/like_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "wsel/core/error.h"
#include "wsel/select/generic_plan.h"
#include "wsel/select/layer_map.h"
#include "wsel/select/numbered_names.h"

namespace wsel::select {
namespace {

using SizePair = std::pair<int64_t, int64_t>;  // teacher's, student's

std::string NameOf(const SizePair& sizes) {
  return fmt::format("{}->{}", sizes.first, sizes.second);
}

class LikeSides {
 public:
  LikeSides(const std::vector<TensorSpec>& teacher,
            const std::vector<TensorSpec>& like, const std::string& layers)
      : teacher_(teacher), like_(like), stacks_(FindStacks(teacher, like)) {
    for (const TensorSpec& spec : teacher) by_name_[spec.name] = &spec;
    std::vector<int64_t> from;
    std::vector<int64_t> to;
    for (const NumberedStack& stack : stacks_) {
      from.push_back(stack.teacher_count);
      to.push_back(stack.student_count);
    }
    sides_.layers = MapLayers(from, to, layers);
  }

  GenericSides Run(const std::string& teacher_name,
                   const std::string& like_name) && {
    PairUp();
    CollectSizes();
    for (NamedPair& pair : sides_.pairs) FillAxes(pair);
    Account();
    Describe(teacher_name, like_name);
    AddNotes();
    return std::move(sides_);
  }

 private:
  // The teacher's name for a tensor of the student: another layer's number.
  std::string Counterpart(const std::string& name) const {
    for (size_t i = 0; i < stacks_.size(); ++i) {
      const std::string& before = stacks_[i].before;
      const int64_t block = NumberBehind(name, before);
      if (block < 0) continue;
      return before + std::to_string(sides_.layers[i][block]) +
             name.substr(name.find('.', before.size()));
    }
    return name;
  }

  void PairUp() {
    for (const TensorSpec& student : like_) {
      if (!IsFloating(student.dtype)) {
        sides_.notes.push_back(
            fmt::format("{} is left out: it holds {}, no weights", student.name,
                        Name(student.dtype)));
        continue;
      }
      NamedPair pair;
      pair.student = {student.name, student.shape, DType::kF32};
      const auto found = by_name_.find(Counterpart(student.name));
      if (found != by_name_.end()) {
        pair.teacher = *found->second;
        used_.insert(pair.teacher.name);
      }
      sides_.pairs.push_back(std::move(pair));
    }
  }

  void CollectSizes() {
    for (const NamedPair& pair : sides_.pairs) {
      if (pair.teacher.shape.size() != pair.student.shape.size()) continue;
      for (size_t axis = 0; axis < pair.teacher.shape.size(); ++axis) {
        const SizePair sizes = {pair.teacher.shape[axis],
                                pair.student.shape[axis]};
        if (sizes.first != sizes.second) dimension_of_[sizes] = 0;
      }
    }
    for (auto& [sizes, dimension] : dimension_of_) {
      if (IsFused(sizes)) continue;
      dimension = sides_.dimensions.size();
      NamedDimension named;
      named.name = NameOf(sizes);
      named.from = sizes.first;
      named.to = sizes.second;
      sides_.dimensions.push_back(std::move(named));
    }
  }

  static SizePair Third(const SizePair& sizes) {
    return {sizes.first / kFused, sizes.second / kFused};
  }
  // Whether this is three of another pair of sizes.
  bool IsFused(const SizePair& sizes) const {
    return sizes.first % kFused == 0 && sizes.second % kFused == 0 &&
           dimension_of_.contains(Third(sizes));
  }

  void FillAxes(NamedPair& pair) const {
    for (size_t axis = 0; axis < pair.teacher.shape.size(); ++axis) {
      if (axis >= pair.student.shape.size()) break;  // refused later
      SizePair sizes = {pair.teacher.shape[axis], pair.student.shape[axis]};
      NamedAxis named;
      while (sizes.first != sizes.second && IsFused(sizes)) {
        sizes = Third(sizes);
        named.groups *= kFused;
      }
      if (sizes.first != sizes.second) {
        named.dimension = dimension_of_.at(sizes);
      }
      pair.axes.push_back(named);
    }
  }

  void Account() {
    for (const TensorSpec& spec : teacher_) {
      if (!used_.contains(spec.name)) {
        sides_.unused.push_back({spec.name, ReasonUnused(spec)});
      }
    }
  }

  std::string ReasonUnused(const TensorSpec& spec) const {
    if (!IsFloating(spec.dtype)) {
      return fmt::format("holds {}, no weights", Name(spec.dtype));
    }
    for (size_t i = 0; i < stacks_.size(); ++i) {
      const int64_t block = NumberBehind(spec.name, stacks_[i].before);
      const auto& taken = sides_.layers[i];
      if (block >= 0 &&
          std::find(taken.begin(), taken.end(), block) == taken.end()) {
        return "no block of the student is taken from this one";
      }
    }
    return "the student has no such tensor";
  }

  void Describe(const std::string& teacher_name, const std::string& like_name) {
    sides_.teacher.name = teacher_name;
    sides_.student.name = like_name;
    for (const NumberedStack& stack : stacks_) {
      sides_.teacher.sizes.emplace_back(stack.before + "*",
                                        stack.teacher_count);
      sides_.student.sizes.emplace_back(stack.before + "*",
                                        stack.student_count);
    }
    std::set<std::string> seen;
    for (const NumberedStack& stack : stacks_) {
      seen.insert(stack.before);
      sides_.student.stacks.push_back(stack.before);
    }
    for (const std::string& before : RepeatedPrefixes(like_)) {
      if (seen.insert(before).second) sides_.student.stacks.push_back(before);
    }
    sides_.teacher.stacks = sides_.student.stacks;
  }

  void AddNotes() {
    std::vector<std::string> names;
    for (const NamedDimension& d : sides_.dimensions) names.push_back(d.name);
    if (names.empty()) return;
    sides_.notes.push_back(fmt::format(
        "assumed, for roles are unknown: dimensions that shrink from one size "
        "to the same size are the same one and get the same indices ({})",
        fmt::join(names, ", ")));
    for (const auto& [sizes, unused] : dimension_of_) {
      if (!IsFused(sizes)) continue;
      sides_.notes.push_back(fmt::format(
          "assumed: {} is three of {} (a fused q, k, v) and is taken in three "
          "parts",
          NameOf(sizes), NameOf(Third(sizes))));
    }
  }

  static constexpr int64_t kFused = 3;

  const std::vector<TensorSpec>& teacher_;
  const std::vector<TensorSpec>& like_;
  std::vector<NumberedStack> stacks_;
  std::map<std::string_view, const TensorSpec*> by_name_;
  std::map<SizePair, size_t> dimension_of_;  // into GenericSides::dimensions
  std::set<std::string> used_;
  GenericSides sides_;
};

}  // namespace

Plan PlanLike(const std::vector<TensorSpec>& teacher,
              const std::string& teacher_name,
              const std::vector<TensorSpec>& like, const std::string& like_name,
              const Options& options, const Evidence& evidence) {
  if (options.heads != Heads::kFlat) {
    throw Error(ErrorKind::kUsage, "--heads",
                fmt::format("{} needs to know which dimensions are heads, "
                            "which two checkpoints do not tell; use --family",
                            HeadRules().NameOf(options.heads)));
  }
  return PlanGeneric(
      LikeSides(teacher, like, options.layers).Run(teacher_name, like_name),
      options, evidence);
}

}  // namespace wsel::select
