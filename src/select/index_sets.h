// Torch-free.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "component_mapping.h"

namespace wsel::select {

// Selects the index sets of a plan, each once: one per dimension if the rule
// keeps consistency, else one per tensor and dimension.
class IndexSets {
 public:
  // `mapping`, `options` and `importance` must outlive this object.
  IndexSets(const ComponentMapping& mapping, const Options& options,
            const ImportanceScores& importance)
      : mapping_(mapping), options_(options), importance_(importance) {}

  // What is selected along dimension `axis` of the tensor's source in the
  // teacher.
  AxisPick Pick(const MappedTensor& tensor, size_t axis);

  // The sets that Pick() referred to.
  std::vector<IndexSet> Take() && { return std::move(sets_); }

 private:
  std::string NameOf(const MappedTensor& tensor, size_t axis) const;
  int Intern(const std::string& name, int64_t from, int64_t to,
             const std::function<Indices()>& select);
  AxisPick PickShared(const std::string& name, const MappedDimension& dimension,
                      int groups);
  AxisPick PickOwn(const std::string& name, const MappedTensor& tensor,
                   size_t axis);
  bool Undecided() const;
  std::vector<double> SharedScores(const std::string& name, int64_t from) const;

  const ComponentMapping& mapping_;
  const Options& options_;
  const ImportanceScores& importance_;
  std::vector<IndexSet> sets_;
  std::map<std::string, int> by_name_;
};

}  // namespace wsel::select
