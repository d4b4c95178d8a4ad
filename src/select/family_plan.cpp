#include "wsel/select/family_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/model/family_match.h"
#include "wsel/select/generic_plan.h"
#include "wsel/select/layer_map.h"

namespace wsel::select {
namespace {

using model::Dimension;
using model::DimensionRole;
using model::FamilyMatch;
using model::FamilyTable;
using model::FamilyTensor;
using model::HeadsOf;
using model::Sizes;

constexpr int64_t kMostSize = int64_t{1} << 31;

void CheckStudentSizes(const FamilyTable& family, const Sizes& sizes) {
  const auto known = SizeNames(family);
  for (const auto& [name, size] : sizes) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw Error(ErrorKind::kUsage, "--student-size",
                  Unknown("size", name, known));
    }
    if (size < 1 || size > kMostSize) {
      throw Error(ErrorKind::kUsage, "--student-size",
                  fmt::format("{}: {} is no size", name, size));
    }
  }
}

// Fills in what the student's sizes leave out.
class StudentSizes {
 public:
  StudentSizes(const FamilyTable& family, const Sizes& teacher,
               const Sizes& stated, Heads rule)
      : family_(family), teacher_(teacher), rule_(rule), sizes_(stated) {}

  Sizes Run() && {
    for (const Dimension& d : family_.dimensions) {
      if (!teacher_.contains(d.name)) {
        RefuseOfAbsent(d);
      } else if (!d.follows) {
        sizes_.try_emplace(d.name, teacher_.at(d.name));
      }
    }
    for (const Dimension& d : family_.dimensions) {
      if (!teacher_.contains(d.name)) continue;
      if (d.follows) sizes_.try_emplace(d.name, InProportion(d));
      if (d.role == DimensionRole::kAttention) FillHeads(d);
    }
    return std::move(sizes_);
  }

 private:
  // `d` is a dimension of optional tensors, which this teacher lacks.
  void RefuseOfAbsent(const Dimension& d) const {
    for (const std::string& name : {d.name, HeadsOf(d)}) {
      if (!sizes_.contains(name)) continue;
      throw Error(
          ErrorKind::kMismatch, name,
          "no tensor of the teacher has this dimension; leave it out of "
          "--student-size");
    }
  }

  int64_t InProportion(const Dimension& d) const {
    const std::string& leader = family_.dimensions[*d.follows].name;
    const int64_t own = teacher_.at(d.name);
    // The leader may be of an optional tensor, which this teacher lacks.
    if (!teacher_.contains(leader)) return own;
    const int64_t from = teacher_.at(leader);
    const int64_t to = sizes_.at(leader);
    if (own > kMostSize || to > kMostSize || own * to % from != 0) {
      throw Error(ErrorKind::kMismatch, d.name,
                  fmt::format("follows '{}', and {} does not divide as {} does "
                              "into {}; state it: --student-size {}=N",
                              leader, own, from, to, d.name));
    }
    return own * to / from;
  }

  // The student's heads, where the rule gives or the user stated them.
  void FillHeads(const Dimension& d) {
    const std::string key = HeadsOf(d);
    const int64_t size = sizes_.at(d.name);
    if (rule_ != Heads::kFlat) {
      const int64_t heads = HeadsByRule(d, size);
      const int64_t stated = sizes_.try_emplace(key, heads).first->second;
      if (stated != heads) {
        throw Error(ErrorKind::kMismatch, key,
                    fmt::format("--heads {} gives the student {}, stated is {}",
                                HeadRules().NameOf(rule_), heads, stated));
      }
    }
    const auto heads = sizes_.find(key);
    if (heads != sizes_.end() && size % heads->second != 0) {
      throw Error(ErrorKind::kMismatch, key,
                  fmt::format("{} heads do not divide the student's {}",
                              heads->second, size));
    }
  }

  int64_t HeadsByRule(const Dimension& d, int64_t size) const {
    const auto heads = teacher_.find(HeadsOf(d));
    if (heads == teacher_.end()) {
      throw Error(ErrorKind::kUsage, "--heads",
                  fmt::format("needs the heads of the teacher's '{}', which "
                              "shapes do not tell: --teacher-size {}=N",
                              d.name, HeadsOf(d)));
    }
    if (rule_ == Heads::kWithin) return heads->second;
    const int64_t head_dim = teacher_.at(d.name) / heads->second;
    if (size % head_dim != 0) {
      throw Error(ErrorKind::kMismatch, d.name,
                  fmt::format("--heads whole takes heads of {}, which do not "
                              "divide the student's {}",
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
    // Of names, and of sets: "encoder.layer." and "layers.".
    for (const std::string& stack :
         {tensor.name.before,
          family.dimensions[*tensor.name.layers].name + "."}) {
      if (seen.insert(stack).second) model.stacks.push_back(stack);
    }
  }
  return model;
}

class FamilySides {
 public:
  FamilySides(const FamilyTable& family, const FamilyMatch& teacher,
              const Sizes& student, const Options& options)
      : family_(family),
        teacher_(teacher),
        student_(student),
        rule_(options.heads) {
    sides_.teacher = ModelOf(family, teacher.sizes);
    sides_.student = ModelOf(family, student);
    AddDimensions();
    MapAllLayers(options.layers);
  }

  GenericSides Run() && {
    // Tensors of one layer stand together, as in a state_dict.
    const auto& tensors = family_.tensors;
    for (size_t begin = 0; begin < tensors.size();) {
      size_t end = begin + 1;
      while (end < tensors.size() &&
             tensors[end].name.layers == tensors[begin].name.layers) {
        ++end;
      }
      AddRun(begin, end);
      begin = end;
    }
    Account();
    AddNotes();
    return std::move(sides_);
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
      sides_.dimensions.push_back(std::move(named));
    }
  }

  // One head where the rule does not ask.
  HeadSplit HeadsIn(const Dimension& d, const Sizes& sizes) const {
    const int64_t size = sizes.at(d.name);
    const bool asks =
        d.role == DimensionRole::kAttention && rule_ != Heads::kFlat;
    const int64_t heads = asks ? sizes.at(HeadsOf(d)) : 1;
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
    sides_.layers = MapLayers(from, to, rule);
  }

  void AddRun(size_t begin, size_t end) {
    const auto layers = family_.tensors[begin].name.layers;
    if (!layers) {
      for (size_t i = begin; i < end; ++i) AddPair(i, 0, 0, "");
      return;
    }
    const std::string& name = family_.dimensions[*layers].name;
    if (!teacher_.sizes.contains(name)) return;  // all optional, none there
    const auto& map = sides_.layers[stage_of_[*layers]];
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
    sides_.pairs.push_back(std::move(pair));
  }

  void Account() {
    for (const auto& [place, spec] : teacher_.tensors) {
      if (used_.contains(spec->name)) continue;
      sides_.unused.push_back(
          {spec->name, "no block of the student is taken from this one"});
    }
    for (const auto& [spec, place] : teacher_.ignored) {
      sides_.unused.push_back({spec->name, family_.ignored[place].reason});
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
      sides_.notes.push_back(fmt::format(
          "'{}' is chosen across heads ({} to {}): q, k, v and the output stay "
          "paired, but a head of the student is no head of the teacher; "
          "--heads whole or within keeps them",
          d.name, from, to));
    }
  }

  const FamilyTable& family_;
  const FamilyMatch& teacher_;
  const Sizes& student_;
  Heads rule_;
  GenericSides sides_;
  std::vector<size_t> stage_of_;  // of layers among FamilyTable::dimensions
  std::set<std::string> used_;
};

}  // namespace

Plan PlanByFamily(const FamilyTable& family,
                  const std::vector<TensorSpec>& teacher,
                  const Sizes& teacher_sizes, const Sizes& student_sizes,
                  const Options& options, const Evidence& evidence) {
  CheckStudentSizes(family, student_sizes);
  const FamilyMatch match = Match(family, teacher, teacher_sizes);
  const Sizes student =
      StudentSizes(family, match.sizes, student_sizes, options.heads).Run();
  return PlanGeneric(FamilySides(family, match, student, options).Run(),
                     options, evidence);
}

}  // namespace wsel::select
