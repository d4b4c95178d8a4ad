#include <utility>

#include "family_match.h"
#include "wsel/core/error.h"

namespace wsel::select {
namespace {

constexpr int64_t kMaxSize = int64_t{1} << 31;

void CheckGiven(const FamilyTable& family, const Sizes& sizes) {
  CheckSizeNames(family, sizes, "student size");
  for (const auto& [name, size] : sizes) {
    if (size >= 1 && size <= kMaxSize) continue;
    throw Error(ErrorKind::kUsage, "student size", "{}: {} is not a valid size",
                name, size);
  }
}

// Fills in the student's sizes that were not given.
class SizeRules {
 public:
  SizeRules(const FamilyTable& family, const Sizes& teacher, const Sizes& given,
            Heads rule)
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
      throw Error(ErrorKind::kMismatch, d.name,
                  "follows '{}', but {} cannot be scaled by {}/{} to a whole "
                  "number; give the student size {}=N",
                  leader, own, to, from, d.name);
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
        throw Error(
            ErrorKind::kMismatch, key,
            "heads={} gives the student {}, but the student size gives {}",
            HeadRules().NameOf(rule_), heads, given);
      }
    }
    if (rule_ == Heads::kFlat && HasHeadAxis(family_, d) &&
        teacher_.contains(key)) {
      KeepHeads(d, size);
    }
    const auto heads = sizes_.find(key);
    if (heads != sizes_.end() && size % heads->second != 0) {
      throw Error(ErrorKind::kMismatch, key,
                  "the student's {} channels cannot be divided into {} heads",
                  size, heads->second);
    }
  }

  // A tensor has a position for each head: those of a selection across heads
  // would belong to none.
  void KeepHeads(const Dimension& d, int64_t size) {
    const std::string key = HeadsOf(d);
    const int64_t heads = teacher_.at(key);
    const int64_t given = sizes_.try_emplace(key, heads).first->second;
    if (size == teacher_.at(d.name) && given == heads) return;
    throw Error(ErrorKind::kMismatch, "heads",
                "the family has tensors with a position for each head of '{}'; "
                "use heads=whole or heads=within",
                d.name);
  }

  int64_t HeadsByRule(const Dimension& d, int64_t size) const {
    const auto heads = teacher_.find(HeadsOf(d));
    if (heads == teacher_.end()) {
      throw Error(ErrorKind::kUsage, "heads",
                  "the teacher's number of heads in '{}' is not known from "
                  "shapes; give the teacher size {}=N",
                  d.name, HeadsOf(d));
    }
    if (rule_ == Heads::kWithin) return heads->second;
    const int64_t head_dim = teacher_.at(d.name) / heads->second;
    if (size % head_dim != 0) {
      throw Error(ErrorKind::kMismatch, d.name,
                  "heads=whole needs a multiple of the head dimension {}, but "
                  "the student has {}",
                  head_dim, size);
    }
    return size / head_dim;
  }

  const FamilyTable& family_;
  const Sizes& teacher_;
  Heads rule_;
  Sizes sizes_;
};

}  // namespace

Sizes StudentSizes(const FamilyTable& family, const Sizes& teacher,
                   const Sizes& given, Heads rule) {
  CheckGiven(family, given);
  return SizeRules(family, teacher, given, rule).Run();
}

}  // namespace wsel::select
