#include "wsel/select/family_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "generic_plan.h"
#include "layer_map.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/model/family_match.h"

namespace wsel::select {
namespace {

using model::Dimension;
using model::DimensionRole;
using model::FamilyMatch;
using model::FamilyTable;
using model::FamilyTensor;
using model::HeadsOf;
using model::Sizes;

constexpr int64_t kMaxSize = int64_t{1} << 31;

void CheckStudentSizes(const FamilyTable& family, const Sizes& sizes) {
  const auto known = SizeNames(family);
  for (const auto& [name, size] : sizes) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw Error(ErrorKind::kUsage, "student size",
                  Unknown("size", name, known));
    }
    if (size < 1 || size > kMaxSize) {
      throw Error(ErrorKind::kUsage, "student size",
                  fmt::format("{}: {} is not a valid size", name, size));
    }
  }
}

// Fills in the student's sizes that were not given.
class StudentSizes {
 public:
  StudentSizes(const FamilyTable& family, const Sizes& teacher,
               const Sizes& given, Heads rule)
      : family_(family), teacher_(teacher), rule_(rule), sizes_(given) {}

  Sizes Run() && {
    for (const Dimension& d : family_.dimensions) {
      if (!teacher_.contains(d.name)) {
        RejectAbsent(d);
      } else if (!d.follows) {
        sizes_.try_emplace(d.name, teacher_.at(d.name));
      }
    }
    for (const Dimension& d : family_.dimensions) {
      if (!teacher_.contains(d.name)) continue;
      if (d.follows) sizes_.try_emplace(d.name, Proportional(d));
      if (d.role == DimensionRole::kAttention) FillHeads(d);
    }
    return std::move(sizes_);
  }

 private:
  // `d` only occurs in optional tensors, which this teacher lacks.
  void RejectAbsent(const Dimension& d) const {
    for (const std::string& name : {d.name, HeadsOf(d)}) {
      if (!sizes_.contains(name)) continue;
      throw Error(ErrorKind::kMismatch, name,
                  "no tensor of the teacher has this dimension; remove it from "
                  "the student sizes");
    }
  }

  int64_t Proportional(const Dimension& d) const {
    const std::string& leader = family_.dimensions[*d.follows].name;
    const int64_t own = teacher_.at(d.name);
    // The leader may only occur in an optional tensor that this teacher lacks.
    if (!teacher_.contains(leader)) return own;
    const int64_t from = teacher_.at(leader);
    const int64_t to = sizes_.at(leader);
    if (own > kMaxSize || to > kMaxSize || own * to % from != 0) {
      throw Error(
          ErrorKind::kMismatch, d.name,
          fmt::format("follows '{}', but {} cannot be scaled by {}/{} to "
                      "a whole number; give the student size {}=N",
                      leader, own, to, from, d.name));
    }
    return own * to / from;
  }

  // The student's heads, if the rule determines or the user gave them.
  void FillHeads(const Dimension& d) {
    const std::string key = HeadsOf(d);
    const int64_t size = sizes_.at(d.name);
    if (rule_ != Heads::kFlat) {
      const int64_t heads = HeadsByRule(d, size);
      const int64_t given = sizes_.try_emplace(key, heads).first->second;
      if (given != heads) {
        throw Error(ErrorKind::kMismatch, key,
                    fmt::format("heads={} gives the student {}, but "
                                "the student size gives {}",
                                HeadRules().NameOf(rule_), heads, given));
      }
    }
    const auto heads = sizes_.find(key);
    if (heads != sizes_.end() && size % heads->second != 0) {
      throw Error(
          ErrorKind::kMismatch, key,
          fmt::format("the student's {} channels cannot be divided into "
                      "{} heads",
                      size, heads->second));
    }
  }

  int64_t HeadsByRule(const Dimension& d, int64_t size) const {
    const auto heads = teacher_.find(HeadsOf(d));
    if (heads == teacher_.end()) {
      throw Error(ErrorKind::kUsage, "heads",
                  fmt::format("the teacher's number of heads in '{}' is not "
                              "known from shapes; give the teacher size {}=N",
                              d.name, HeadsOf(d)));
    }
    if (rule_ == Heads::kWithin) return heads->second;
    const int64_t head_dim = teacher_.at(d.name) / heads->second;
    if (size % head_dim != 0) {
      throw Error(ErrorKind::kMismatch, d.name,
                  fmt::format("heads=whole needs a multiple of the head "
                              "dimension {}, but the student has {}",
                              head_dim, size));
    }
    return size / head_dim;
  }

  const FamilyTable& family_;
  const Sizes& teacher_;
  Heads rule_;
  Sizes sizes_;
};

GenericModel ModelOf(const FamilyTable& family, const Sizes& sizes) {
  GenericModel model;
  model.name = family.name;
  for (const std::string& name : SizeNames(family)) {
    const auto size = sizes.find(name);
    if (size != sizes.end()) model.sizes.emplace_back(name, size->second);
  }
  std::set<std::string> seen;
  for (const FamilyTensor& tensor : family.tensors) {
    if (!tensor.name.layers) continue;
    // In names of tensors and of index sets: "encoder.layer.", "layers.".
    for (const std::string& stack :
         {tensor.name.before,
          family.dimensions[*tensor.name.layers].name + "."}) {
      if (seen.insert(stack).second) model.stacks.push_back(stack);
    }
  }
  return model;
}

class FamilyMapper {
 public:
  FamilyMapper(const FamilyTable& family, const FamilyMatch& teacher,
               const Sizes& student, const Options& options)
      : family_(family),
        teacher_(teacher),
        student_(student),
        rule_(options.heads) {
    mapping_.teacher = ModelOf(family, teacher.sizes);
    mapping_.student = ModelOf(family, student);
    AddDimensions();
    MapAllLayers(options.layers);
  }

  GenericMapping Run() && {
    // Tensors of one layer are adjacent, as in a state dict.
    const auto& tensors = family_.tensors;
    for (size_t begin = 0; begin < tensors.size();) {
      size_t end = begin + 1;
      while (end < tensors.size() &&
             tensors[end].name.layers == tensors[begin].name.layers) {
        ++end;
      }
      AddTensors(begin, end);
      begin = end;
    }
    AddUnused();
    AddNotes();
    return std::move(mapping_);
  }

 private:
  void AddDimensions() {
    for (const Dimension& d : family_.dimensions) {
      NamedDimension named{d.name, d.role, 0, 0, {}, {}};
      if (d.role != DimensionRole::kLayers && teacher_.sizes.contains(d.name)) {
        named.from = teacher_.sizes.at(d.name);
        named.to = student_.at(d.name);
        named.from_heads = HeadsIn(d, teacher_.sizes);
        named.to_heads = HeadsIn(d, student_);
      }
      mapping_.dimensions.push_back(std::move(named));
    }
  }

  // One head if the rule does not need heads.
  HeadSplit HeadsIn(const Dimension& d, const Sizes& sizes) const {
    const int64_t size = sizes.at(d.name);
    const bool needed =
        d.role == DimensionRole::kAttention && rule_ != Heads::kFlat;
    const int64_t heads = needed ? sizes.at(HeadsOf(d)) : 1;
    return {heads, size / heads};
  }

  void MapAllLayers(const std::string& rule) {
    std::vector<int64_t> from;
    std::vector<int64_t> to;
    stage_of_.resize(family_.dimensions.size());
    for (size_t i = 0; i < family_.dimensions.size(); ++i) {
      const Dimension& d = family_.dimensions[i];
      if (d.role != DimensionRole::kLayers ||
          !teacher_.sizes.contains(d.name)) {
        continue;
      }
      stage_of_[i] = from.size();
      from.push_back(teacher_.sizes.at(d.name));
      to.push_back(student_.at(d.name));
    }
    mapping_.layers = MapLayers(from, to, rule);
  }

  void AddTensors(size_t begin, size_t end) {
    const auto layers = family_.tensors[begin].name.layers;
    if (!layers) {
      for (size_t i = begin; i < end; ++i) AddPair(i, 0, 0, "");
      return;
    }
    const std::string& name = family_.dimensions[*layers].name;
    if (!teacher_.sizes.contains(name)) return;  // all optional and absent
    const auto& map = mapping_.layers[stage_of_[*layers]];
    for (size_t block = 0; block < map.size(); ++block) {
      for (size_t i = begin; i < end; ++i) {
        AddPair(i, map[block], static_cast<int64_t>(block),
                fmt::format("{}.{}", name, block));
      }
    }
  }

  void AddPair(size_t place, int64_t from, int64_t to, std::string layer) {
    const auto found = teacher_.tensors.find({place, from});
    if (found == teacher_.tensors.end()) return;  // optional
    const FamilyTensor& tensor = family_.tensors[place];
    NamedPair pair;
    pair.teacher = *found->second;
    pair.student.name = tensor.name.With(to);
    pair.layer = std::move(layer);
    for (const auto& [dimension, factor] : tensor.axes) {
      const int64_t part =
          dimension ? student_.at(family_.dimensions[*dimension].name) : 1;
      pair.student.shape.push_back(factor * part);
      pair.axes.push_back(
          {dimension, dimension ? static_cast<int>(factor) : 1});
    }
    used_.insert(pair.teacher.name);
    mapping_.pairs.push_back(std::move(pair));
  }

  void AddUnused() {
    for (const auto& [place, spec] : teacher_.tensors) {
      if (used_.contains(spec->name)) continue;
      mapping_.unused.push_back(
          {spec->name, "no block of the student is taken from this one"});
    }
    for (const auto& [spec, place] : teacher_.ignored) {
      mapping_.unused.push_back({spec->name, family_.ignored[place].reason});
    }
  }

  void AddNotes() {
    if (rule_ != Heads::kFlat) return;
    for (const Dimension& d : family_.dimensions) {
      if (d.role != DimensionRole::kAttention ||
          !teacher_.sizes.contains(d.name)) {
        continue;
      }
      const int64_t from = teacher_.sizes.at(d.name);
      const int64_t to = student_.at(d.name);
      if (from == to) continue;
      mapping_.notes.push_back(fmt::format(
          "'{}' is selected across heads ({} to {}): q, k, v and the output "
          "stay consistent, but a head of the student does not correspond to "
          "one head of the teacher; heads=whole or heads=within keeps heads",
          d.name, from, to));
    }
  }

  const FamilyTable& family_;
  const FamilyMatch& teacher_;
  const Sizes& student_;
  Heads rule_;
  GenericMapping mapping_;
  std::vector<size_t> stage_of_;  // by index into FamilyTable::dimensions
  std::set<std::string> used_;
};

}  // namespace

Plan PlanByFamily(const FamilyTable& family,
                  const std::vector<TensorSpec>& teacher,
                  const Sizes& teacher_sizes, const Sizes& student_sizes,
                  const Options& options, const ImportanceScores& importance) {
  CheckStudentSizes(family, student_sizes);
  const FamilyMatch match = Match(family, teacher, teacher_sizes);
  const Sizes student =
      StudentSizes(family, match.sizes, student_sizes, options.heads).Run();
  return PlanGeneric(FamilyMapper(family, match, student, options).Run(),
                     options, importance);
}

}  // namespace wsel::select
