#include "wsel/select/like_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "generic_plan.h"
#include "layer_map.h"
#include "numbered_names.h"
#include "wsel/core/error.h"

namespace wsel::select {
namespace {

using SizePair = std::pair<int64_t, int64_t>;  // teacher's, student's

std::string NameOf(const SizePair& sizes) {
  return fmt::format("{}->{}", sizes.first, sizes.second);
}

class LikeMapper {
 public:
  LikeMapper(const std::vector<TensorSpec>& teacher,
             const std::vector<TensorSpec>& like, const std::string& layers)
      : teacher_(teacher), like_(like), stacks_(FindStacks(teacher, like)) {
    for (const TensorSpec& spec : teacher) by_name_[spec.name] = &spec;
    std::vector<int64_t> from;
    std::vector<int64_t> to;
    for (const NumberedStack& stack : stacks_) {
      from.push_back(stack.teacher_count);
      to.push_back(stack.student_count);
    }
    mapping_.layers = MapLayers(from, to, layers);
  }

  GenericMapping Run(const std::string& teacher_name,
                     const std::string& like_name) && {
    MapTensors();
    CollectSizes();
    for (NamedPair& pair : mapping_.pairs) FillAxes(pair);
    AddUnused();
    DescribeModels(teacher_name, like_name);
    AddNotes();
    return std::move(mapping_);
  }

 private:
  // The teacher's name for a tensor of the student: with the selected layer.
  std::string Counterpart(const std::string& name) const {
    for (size_t i = 0; i < stacks_.size(); ++i) {
      const std::string& prefix = stacks_[i].prefix;
      const int64_t block = NumberAfter(name, prefix);
      if (block < 0) continue;
      return prefix + std::to_string(mapping_.layers[i][block]) +
             name.substr(name.find('.', prefix.size()));
    }
    return name;
  }

  void MapTensors() {
    for (const TensorSpec& student : like_) {
      if (!IsFloating(student.dtype)) {
        mapping_.notes.push_back(
            fmt::format("{} is left out: it holds {}, not weights",
                        student.name, Name(student.dtype)));
        continue;
      }
      NamedPair pair;
      pair.student = {student.name, student.shape, DType::kF32};
      const auto found = by_name_.find(Counterpart(student.name));
      if (found != by_name_.end()) {
        pair.teacher = *found->second;
        used_.insert(pair.teacher.name);
      }
      mapping_.pairs.push_back(std::move(pair));
    }
  }

  void CollectSizes() {
    for (const NamedPair& pair : mapping_.pairs) {
      if (pair.teacher.shape.size() != pair.student.shape.size()) continue;
      for (size_t axis = 0; axis < pair.teacher.shape.size(); ++axis) {
        const SizePair sizes = {pair.teacher.shape[axis],
                                pair.student.shape[axis]};
        if (sizes.first != sizes.second) dimension_of_[sizes] = 0;
      }
    }
    for (auto& [sizes, dimension] : dimension_of_) {
      if (IsFused(sizes)) continue;
      dimension = mapping_.dimensions.size();
      NamedDimension named;
      named.name = NameOf(sizes);
      named.from = sizes.first;
      named.to = sizes.second;
      mapping_.dimensions.push_back(std::move(named));
    }
  }

  static SizePair Third(const SizePair& sizes) {
    return {sizes.first / kFused, sizes.second / kFused};
  }
  // Whether both sizes are three times those of another dimension.
  bool IsFused(const SizePair& sizes) const {
    return sizes.first % kFused == 0 && sizes.second % kFused == 0 &&
           dimension_of_.contains(Third(sizes));
  }

  void FillAxes(NamedPair& pair) const {
    for (size_t axis = 0; axis < pair.teacher.shape.size(); ++axis) {
      if (axis >= pair.student.shape.size()) break;  // CheckPair fails
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

  void AddUnused() {
    for (const TensorSpec& spec : teacher_) {
      if (!used_.contains(spec.name)) {
        mapping_.unused.push_back({spec.name, ReasonUnused(spec)});
      }
    }
  }

  std::string ReasonUnused(const TensorSpec& spec) const {
    if (!IsFloating(spec.dtype)) {
      return fmt::format("holds {}, not weights", Name(spec.dtype));
    }
    for (size_t i = 0; i < stacks_.size(); ++i) {
      const int64_t block = NumberAfter(spec.name, stacks_[i].prefix);
      const auto& taken = mapping_.layers[i];
      if (block >= 0 &&
          std::find(taken.begin(), taken.end(), block) == taken.end()) {
        return "no block of the student is taken from this one";
      }
    }
    return "the student has no such tensor";
  }

  void DescribeModels(const std::string& teacher_name,
                      const std::string& like_name) {
    mapping_.teacher.name = teacher_name;
    mapping_.student.name = like_name;
    for (const NumberedStack& stack : stacks_) {
      mapping_.teacher.sizes.emplace_back(stack.prefix + "*",
                                          stack.teacher_count);
      mapping_.student.sizes.emplace_back(stack.prefix + "*",
                                          stack.student_count);
    }
    std::set<std::string> seen;
    for (const NumberedStack& stack : stacks_) {
      seen.insert(stack.prefix);
      mapping_.student.stacks.push_back(stack.prefix);
    }
    for (const std::string& prefix : RepeatedPrefixes(like_)) {
      if (seen.insert(prefix).second) mapping_.student.stacks.push_back(prefix);
    }
    mapping_.teacher.stacks = mapping_.student.stacks;
  }

  void AddNotes() {
    std::vector<std::string> names;
    for (const NamedDimension& d : mapping_.dimensions) names.push_back(d.name);
    if (names.empty()) return;
    mapping_.notes.push_back(fmt::format(
        "assumed, because roles are unknown: dimensions that shrink between "
        "the same two sizes are the same one and get the same indices ({})",
        fmt::join(names, ", ")));
    for (const auto& [sizes, unused] : dimension_of_) {
      if (!IsFused(sizes)) continue;
      mapping_.notes.push_back(fmt::format(
          "assumed: {} is three times {} (a fused q, k, v) and is indexed in "
          "three equal parts",
          NameOf(sizes), NameOf(Third(sizes))));
    }
  }

  static constexpr int64_t kFused = 3;

  const std::vector<TensorSpec>& teacher_;
  const std::vector<TensorSpec>& like_;
  std::vector<NumberedStack> stacks_;
  std::map<std::string_view, const TensorSpec*> by_name_;
  std::map<SizePair, size_t> dimension_of_;  // into GenericMapping::dimensions
  std::set<std::string> used_;
  GenericMapping mapping_;
};

}  // namespace

Plan PlanLike(const std::vector<TensorSpec>& teacher,
              const std::string& teacher_name,
              const std::vector<TensorSpec>& like, const std::string& like_name,
              const Options& options, const ImportanceScores& importance) {
  if (options.heads != Heads::kFlat) {
    throw Error(ErrorKind::kUsage, "heads",
                fmt::format("{} needs to know which dimensions are attention "
                            "heads; use a family file instead of a checkpoint "
                            "of the student's shapes",
                            HeadRules().NameOf(options.heads)));
  }
  return PlanGeneric(
      LikeMapper(teacher, like, options.layers).Run(teacher_name, like_name),
      options, importance);
}

}  // namespace wsel::select
