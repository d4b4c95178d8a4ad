// Torch-free.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "component_mapping.h"
#include "wsel/core/philox.h"

namespace wsel::select {

// Selects `to` of `from` indices by a rule. `stream` is the dimension's;
// `scores` has one value per index if the rule is data-dependent, else none.
Indices SelectIndices(const SelectionRule& rule, const RandomStream& stream,
                      int64_t from, int64_t to,
                      const std::vector<double>& scores);

// Selects attention channels, keeping heads: kWhole or kWithin, which both
// models fit. `scores` are per channel.
Indices SelectChannels(const SelectionRule& rule, Heads heads,
                       const RandomStream& stream, const HeadSplit& from,
                       const HeadSplit& to, const std::vector<double>& scores);

// The channels of one head that a head of `to` channels has, in the order that
// rotary positions give them: of both axes the same frequencies, evenly spaced,
// so that the student's own, which are fewer, are those of the teacher.
Indices ChannelsOfHead(HeadLayout layout, int64_t from, int64_t to);

// Whole heads, chosen by the rule, and of each ChannelsOfHead; or what of them
// `part` counts. `scores` are per channel.
Indices KeepHeads(const SelectionRule& rule, const RandomStream& stream,
                  const MappedAxis& axis, const std::vector<double>& scores);

// The indices of the `to` largest scores; ties go to the lower index.
Indices Largest(const std::vector<double>& scores, int64_t to);

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
  std::string NameOf(const MappedAxis& axis, const MappedTensor& tensor,
                     size_t at) const;
  IndexSet Select(const std::string& name, const MappedAxis& axis) const;
  // Of an axis with a position per head of the set of channels of that name.
  IndexSet SelectHeads(const std::string& channels,
                       const MappedAxis& axis) const;
  std::vector<double> Scores(const std::string& name, int64_t of) const;

  // An axis of a tensor of the teacher, or `count` of its positions.
  struct Use {
    const std::string& tensor;
    size_t axis;
    int groups;
    int64_t offset = 0;
    int64_t count = 0;  // 0: all
  };

  IndexSet SelectParts(const std::string& name, const MappedTensor& tensor,
                       size_t at) const;

  const Options& options_;
  const ImportanceScores& importance_;
  std::map<std::string, std::vector<Use>> uses_;  // by the name of the set
  std::vector<IndexSet> sets_;
  std::map<std::string, int> by_name_;
};

}  // namespace wsel::select
