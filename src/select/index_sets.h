// Torch-free.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "component_mapping.h"

namespace wsel::select {

// Selects the index sets of a plan, each once: one per dimension if the rule
// keeps consistency, else one per tensor and dimension.
class IndexSets {
 public:
  // All arguments must outlive this object.
  IndexSets(const std::vector<MappedTensor>& tensors, const Options& options,
            const ImportanceScores& importance);

  // What is selected along dimension `axis` of the tensor's source.
  AxisPick Pick(const MappedTensor& tensor, size_t axis);

  // The sets that Pick() referred to.
  std::vector<IndexSet> Take() && { return std::move(sets_); }

 private:
  int GroupsOf(const MappedAxis& axis) const;
  std::string NameOf(const MappedTensor& tensor, size_t axis) const;
  IndexSet Select(const std::string& name, const MappedAxis& axis) const;
  std::vector<double> Scores(const std::string& name, int64_t of) const;

  // An axis of a tensor of the teacher.
  struct Use {
    const std::string& tensor;
    size_t axis;
    int groups;
  };

  const Options& options_;
  const ImportanceScores& importance_;
  std::map<std::string, std::vector<Use>> uses_;  // by the name of the set
  std::vector<IndexSet> sets_;
  std::map<std::string, int> by_name_;
};

}  // namespace wsel::select
