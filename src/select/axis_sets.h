// Torch-free.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "component_mapping.h"
#include "element_selection.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// Selects the index sets of a plan: one per role and size if the method keeps
// consistency, else one per tensor and dimension.
class AxisSets {
 public:
  // `pairs` and `importance` must outlive this object.
  AxisSets(const ModelPair& models, const Options& options,
           const std::vector<TensorPair>& pairs,
           const ImportanceScores& importance);

  // Checks that every pair can be selected: no dimension of the student is
  // larger than the teacher's, fixed ones are equal, heads fit the heads rule.
  // Errors: kMismatch, naming the dimension or tensor.
  void Check(std::vector<std::string>& notes) const;

  // What is selected along dimension `axis` of the teacher's tensor of `pair`.
  AxisPick Pick(const TensorPair& pair, size_t axis);

  // The sets that Pick() referred to.
  std::vector<IndexSet> Take() && { return std::move(sets_); }

 private:
  std::string NameOf(const TensorPair& pair, size_t axis) const;
  void CheckHeads(std::vector<std::string>& notes) const;
  void CheckAxis(const TensorPair& pair, size_t axis) const;
  int Intern(const std::string& name, int64_t of,
             const std::function<std::vector<int64_t>()>& select);
  std::vector<double> OwnScores(const TensorPair& pair, size_t axis) const;
  std::vector<double> SharedScores(const std::string& name, int64_t of) const;

  const ModelPair& models_;
  const Options& options_;
  const std::vector<TensorPair>& pairs_;
  const ImportanceScores& importance_;
  HeadSplit teacher_;
  HeadSplit student_;
  std::vector<IndexSet> sets_;
  std::map<std::string, int> by_name_;
};

}  // namespace wsel::select
