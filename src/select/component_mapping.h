// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/select/family.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// Attention channels: `heads` times `head_dim`, head by head.
struct HeadSplit {
  int64_t heads = 1;
  int64_t head_dim = 1;
};

// How rotary positions order the channels of a head: for both axes, frequency
// by frequency, the two of a pair beside each other or half a head apart.
enum class HeadLayout {
  kAny,         // no order
  kPairs,       // axis, frequency, member
  kHalves,      // member, axis, frequency
  kMixedPairs,  // frequency, member: of learnt frequencies
};

// What a dimension of the role kAttention counts, if not all channels. Its
// index set follows from theirs.
enum class HeadPart {
  kAll,      // every channel, head by head
  kOneHead,  // the channels of one head, alike in all
  kHeads,    // whole heads
  kPairs,    // the pairs of one head that rotary positions rotate
};

// One dimension of a teacher's tensor: `groups` equal parts of `from` positions
// each, of which the student has `to`.
struct MappedAxis {
  // Of its index set, which all axes of this name share: "width", "mlp.2".
  // Empty if nothing is selected along it: it is taken whole or resampled.
  std::string name = {};
  // The same for one block, if other blocks have unrelated channels:
  // "blocks.3.mlp".
  std::string name_in_block = {};
  std::string label = {};  // in messages: "MLP width of stage 2"
  DimensionRole role = DimensionRole::kFixed;
  int groups = 1;
  int64_t from = 0;
  int64_t to = 0;
  // For the role kAttention, if the heads rule needs heads.
  HeadSplit from_heads = {};
  HeadSplit to_heads = {};
  HeadPart part = HeadPart::kAll;
  // Heads are kept, whatever Options::heads: whole, or in `layout`'s order.
  bool keeps_heads = false;
  // The order of a head's channels, if rotary positions give them one.
  HeadLayout layout = HeadLayout::kAny;
  // Consecutive parts with index sets of their own, each repeated by its
  // groups, instead of one set: of a parallel block's projections.
  std::vector<MappedAxis> parts = {};
  // Taken from the layer selection: the blocks of a tensor of all.
  Indices fixed = {};
};

// A tensor of the student and its source.
struct MappedTensor {
  TensorSpec student;
  std::string component;  // as Options::skip may name it; empty if unknown
  model::Init init;       // if it is skipped
  // A tensor of the teacher's file; a re-initialisation; or why there is
  // neither, which is an error unless the tensor is skipped.
  std::variant<TensorSpec, Reinitialised, Error> source;
  // One per dimension of the teacher's tensor; none if the student's has more
  // or fewer.
  std::vector<MappedAxis> axes;
  std::optional<PosEmbedResample> pos_embed;
  std::optional<PatchEmbedResample> patch_embed;
  std::optional<InChansAdaptation> in_chans = {};
  std::string note;  // for the user, unless the tensor is skipped
};

// Component mapping (paper, section 3.1) with the role of every dimension: all
// that a plan depends on, from whatever describes the two models: configs
// (config_pair.h), a family file or a checkpoint of the student's shapes.
struct ComponentMapping {
  PlanModel teacher;
  PlanModel student;
  std::vector<std::vector<int64_t>> layers;  // as Plan::layers
  std::vector<MappedTensor> tensors;         // in the order of the student
  // The teacher's tensors in the order in which the plan lists them, each with
  // the reason if no tensor of the student is selected from it.
  std::vector<Unused> unused;
  std::vector<std::string> notes;
};

// Layer selection (paper, section 3.1 and appendix B): per stage, the teacher's
// block that each of the student's blocks is taken from. `rule` is
// Options::layers; "mid" starts at (T - N) / 2 for T blocks of the teacher and
// N of the student, "uniform" spaces blocks as Uniform() spaces elements.
// Errors: kMismatch if a stage of the student is deeper than the teacher's,
// naming the stage; kUsage for an unknown rule, or for a list of the wrong
// length, out of range, or with a block twice.
std::vector<std::vector<int64_t>> MapLayers(
    const std::vector<int64_t>& teacher_depths,
    const std::vector<int64_t>& student_depths, std::string_view rule);

// The one planner: turns a mapping into a plan. Everything is checked before
// `importance` is used. Errors: those in the mapping's sources, unless skipped;
// kMismatch, naming the dimension or tensor, for a student that is larger than
// the teacher; kUsage for options that contradict each other, and for an item
// of Options::skip that is neither a component of this model nor matches a
// tensor.
Plan PlanMapping(ComponentMapping mapping, const Options& options,
                 const ImportanceScores& importance);

// The source of a tensor that the teacher has no counterpart of.
Error NoCounterpart(const std::string& student);

// For models without a config: how a tensor is re-initialised. Biases and
// running means become zeros, other 1-D tensors ones, the rest normal with std
// 0.02 truncated at two std.
model::Init InitByShape(const TensorSpec& spec);

// ComponentMapping::unused of models without a config: those of `unused` that
// are no sources, and then the sources, which are unused if skipped.
std::vector<Unused> ReasonsUnused(std::vector<Unused> unused,
                                  const std::vector<MappedTensor>& tensors);

}  // namespace wsel::select
