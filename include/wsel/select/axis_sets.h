// Torch-free.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "wsel/select/choice.h"
#include "wsel/select/pairing.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// Chooses the index sets of a plan: one for each role and size where the method
// keeps consistency, one for each tensor and dimension where it does not.
class AxisSets {
 public:
  // `pairs` and `evidence` must outlive this object.
  AxisSets(const Sides& sides, const Options& options,
           const std::vector<Pair>& pairs, const Evidence& evidence);

  // Checks that every pair can be selected: no dimension of the student is
  // larger than the teacher's, fixed ones are equal, heads fit the heads rule.
  // Errors: kMismatch, naming axis or tensor.
  void Check(std::vector<std::string>& notes) const;

  // What is taken along dimension `axis` of the teacher's tensor of `pair`.
  AxisPick Pick(const Pair& pair, size_t axis);

  // The sets that Pick() referred to.
  std::vector<IndexSet> Take() && { return std::move(sets_); }

 private:
  std::string NameOf(const Pair& pair, size_t axis) const;
  void CheckHeads(std::vector<std::string>& notes) const;
  void CheckAxis(const Pair& pair, size_t axis) const;
  int Intern(const std::string& name, int64_t of,
             const std::function<std::vector<int64_t>()>& choose);
  std::vector<double> OwnScores(const Pair& pair, size_t axis) const;
  std::vector<double> SharedScores(const std::string& name, int64_t of) const;

  const Sides& sides_;
  const Options& options_;
  const std::vector<Pair>& pairs_;
  const Evidence& evidence_;
  HeadSplit teacher_;
  HeadSplit student_;
  std::vector<IndexSet> sets_;
  std::map<std::string, int> by_name_;
};

}  // namespace wsel::select
