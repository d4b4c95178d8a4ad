// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wsel/core/height_width.h"
#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/select/calibration_record.h"
#include "wsel/select/options.h"
#include "wsel/tensor/source.h"

namespace wsel::select {

// Indices along one dimension, selected once and used by every tensor that has
// this dimension.
struct IndexSet {
  std::string name;  // "width", "attn", "mlp.2", "blocks.3.mlp.fc1.weight[0]"
  int64_t of = 0;    // the teacher's size
  Indices indices;   // ascending, each in [0, of)
  // In a plan without the teacher's weights, how many indices a data-dependent
  // rule will take; `indices` is then empty.
  int64_t undecided = 0;

  bool operator==(const IndexSet&) const = default;
};

// What is selected along one dimension: all of it, or an index set in each of
// `groups` equal parts.
struct AxisPick {
  static constexpr int kAll = -1;
  int set = kAll;  // into Plan::sets
  int groups = 1;

  bool operator==(const AxisPick&) const = default;
};

// How position embeddings [1, prefix + patches, D] are adapted to other prefix
// tokens or another grid.
struct PosEmbedResample {
  // For each prefix token of the student the teacher's row, or -1 for zeros if
  // the teacher has no position for this token.
  std::vector<int64_t> prefix;
  int64_t teacher_prefix = 0;  // the teacher's prefix rows
  HeightWidth from_grid = 0;   // the teacher's, in patches
  HeightWidth to_grid = 0;

  bool operator==(const PosEmbedResample&) const = default;
};

// A patch embedding's kernel [D, channels, from, from] resampled to
// [D, channels, to, to].
struct PatchEmbedResample {
  int64_t from = 0;
  int64_t to = 0;
  PatchResize method = PatchResize::kPinv;

  bool operator==(const PatchEmbedResample&) const = default;
};

// A first convolution [D, from, k, k] for images of `to` channels instead, by
// model::AdaptInChans.
struct InChansAdaptation {
  int64_t from = 0;
  int64_t to = 0;

  bool operator==(const InChansAdaptation&) const = default;
};

// Elements of one teacher tensor, at the selected indices of each dimension.
struct Selected {
  std::string teacher;
  Shape teacher_shape;
  std::vector<AxisPick> axes;  // one per dimension of the teacher's tensor
  std::optional<PosEmbedResample> pos_embed;
  std::optional<PatchEmbedResample> patch_embed;
  // How the tensor is then solved for on the calibration images; "": it is not.
  std::string solved = {};
  std::optional<InChansAdaptation> in_chans = {};  // after patch_embed

  bool operator==(const Selected&) const = default;
};

// The elements of largest magnitude of one teacher tensor, in row-major order,
// reshaped. Their indices are too many to store; a digest detects a change. It
// is empty in a plan without the teacher's weights.
struct TopMagnitude {
  std::string teacher;
  Shape teacher_shape;
  std::string digest;

  bool operator==(const TopMagnitude&) const = default;
};

// A tensor that is not selected from the teacher.
struct Reinitialised {
  std::string reason;
  model::Init init;

  bool operator==(const Reinitialised&) const = default;
};

// A tensor that is computed from the teacher's and the calibration images: no
// element is one of the teacher's.
struct Computed {
  std::string how;

  bool operator==(const Computed&) const = default;
};

// A tensor of the student and its source.
struct Entry {
  TensorSpec student;
  std::variant<Selected, TopMagnitude, Reinitialised, Computed> source;

  bool operator==(const Entry&) const = default;
};

// A tensor of the teacher that the student does not use.
struct Unused {
  std::string teacher;
  std::string reason;

  bool operator==(const Unused&) const = default;
};

// Why all tensors of a teacher's block are unused that no block of the student
// is taken from.
inline constexpr std::string_view kUnusedBlock =
    "no block of the student is taken from this one";

// A model without a config: described by a family file, or only by the names of
// its tensors.
struct GenericModel {
  std::string name;  // of the family or the file
  // Dimensions, heads and layers by name, in the order of the family.
  std::vector<std::pair<std::string, int64_t>> sizes;
  // Prefixes of layer numbers in names: "encoder.layer."
  std::vector<std::string> stacks;

  bool operator==(const GenericModel&) const = default;
};

using PlanModel = std::variant<model::Config, GenericModel>;

// The source of every element of a student, decided before any weight is
// copied. It can be printed (report.h), stored and read back (plan_json.h), and
// executed (apply.h).
struct Plan {
  std::optional<PlanModel> teacher;  // none for a random student
  PlanModel student;
  Options options;
  // Per stage, the teacher's block that each of the student's is taken from.
  std::vector<std::vector<int64_t>> layers;
  std::vector<IndexSet> sets;
  std::vector<Entry> entries;  // in the order of the student's state_dict
  std::vector<Unused> unused;
  std::vector<std::string> notes;  // remarks for the user, a sentence each
  std::optional<CalibrationRecord> calibration = {};

  bool operator==(const Plan&) const = default;
};

// Whether the student's model is generic; then the teacher's is too.
inline bool IsGeneric(const Plan& plan) {
  return std::holds_alternative<GenericModel>(plan.student);
}

// Whether applying the plan needs its calibration images again.
inline bool IsSolved(const Plan& plan) {
  return plan.options.Rule().solve != Solve::kNone;
}

// Whether every index is known: not so for a data-dependent rule in a plan that
// was made without the teacher's weights. Only a decided plan can be stored or
// applied.
bool IsDecided(const Plan& plan);

// What data-dependent rules need of the teacher's weights, computed on demand.
// Both are empty if only the teacher's shapes are at hand.
struct ImportanceScores {
  // For every index along dimension `axis` of a tensor, the sum of `score` over
  // all other dimensions. Rules that look at images have a null `score`, and
  // functions of their own (calibrate/importance.h).
  std::function<std::vector<double>(const std::string& tensor, size_t axis,
                                    ScoreFunction score)>
      slice_scores;
  // SHA-256 of the flat indices of the `count` largest |w| of a tensor.
  std::function<std::string(const std::string& tensor, int64_t count)>
      magnitude_digest;
};

// Plans a student of `student`'s architecture from a teacher. `teacher_tensors`
// are the tensors of the teacher's file, under timm's names. Everything that
// names and shapes determine is checked before `importance` is used; only
// data-dependent rules use it, and leave the plan undecided if it is empty.
// Errors: kMismatch, naming the dimension or tensor: another architecture, a
// student that is deeper or wider, heads that do not fit, a tensor that the
// teacher lacks; kUsage for options that contradict each other or match
// nothing.
Plan PlanSelection(const model::Config& teacher,
                   const std::vector<TensorSpec>& teacher_tensors,
                   const model::Config& student, const Options& options,
                   const ImportanceScores& importance);

// Plans a student without a teacher: every tensor is initialised at random.
Plan PlanRandom(const model::Config& student, model::Initializer initializer,
                uint64_t seed);

}  // namespace wsel::select
