// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/select/options.h"
#include "wsel/tensor/source.h"

namespace wsel::select {

// Positions of one dimension, chosen once and used by every tensor that has it.
struct IndexSet {
  std::string name;  // "width", "attn", "mlp.2", "blocks.3.mlp.fc1.weight[0]"
  int64_t of = 0;    // the teacher's size
  std::vector<int64_t> indices;  // ascending, each in [0, of)

  bool operator==(const IndexSet&) const = default;
};

// What is taken along one dimension: all of it, or an index set in each of
// `groups` equal parts.
struct AxisPick {
  static constexpr int kAll = -1;
  int set = kAll;  // into Plan::sets
  int groups = 1;

  bool operator==(const AxisPick&) const = default;
};

// How position embeddings [1, prefix + grid^2, D] of another layout are made.
struct Positions {
  // For each prefix position of the student the teacher's, or -1 for zeros
  // where the teacher's token had no position.
  std::vector<int64_t> prefix;
  int64_t teacher_prefix = 0;  // prefix positions of the teacher
  int64_t from_grid = 0;       // side of the teacher's grid
  int64_t to_grid = 0;

  bool operator==(const Positions&) const = default;
};

// A patch kernel [D, 3, from, from] resized to [D, 3, to, to].
struct KernelResize {
  int64_t from = 0;
  int64_t to = 0;
  PatchResize method = PatchResize::kPinv;

  bool operator==(const KernelResize&) const = default;
};

// Elements of one teacher tensor at the chosen positions of its dimensions.
struct Selected {
  std::string teacher;
  Shape teacher_shape;
  std::vector<AxisPick> axes;  // one a dimension of the teacher's tensor
  std::optional<Positions> positions;
  std::optional<KernelResize> kernel;

  bool operator==(const Selected&) const = default;
};

// The elements of largest magnitude, in row-major order, reshaped. The choice
// itself is too large to store; its digest tells whether it was the same.
struct Ranked {
  std::string teacher;
  Shape teacher_shape;
  std::string digest;

  bool operator==(const Ranked&) const = default;
};

// A tensor that the teacher does not give.
struct Fresh {
  std::string reason;
  model::Init init;

  bool operator==(const Fresh&) const = default;
};

struct Entry {
  TensorSpec student;
  std::variant<Selected, Ranked, Fresh> source;

  bool operator==(const Entry&) const = default;
};

// A tensor of the teacher that the student does not use.
struct Unused {
  std::string teacher;
  std::string reason;

  bool operator==(const Unused&) const = default;
};

// A model that no config describes: a family file does, or its tensors' names.
struct GenericModel {
  std::string name;  // the family's, or the file's
  // By name, in the order of the family: dimensions, heads, layers.
  std::vector<std::pair<std::string, int64_t>> sizes;
  // What stands before a layer's number in names: "encoder.layer."
  std::vector<std::string> stacks;

  bool operator==(const GenericModel&) const = default;
};

using PlanModel = std::variant<model::Config, GenericModel>;

// Where every number of a student comes from: decided once, before any number
// moves. It can be printed (report.h), stored and read back (plan_json.h), and
// carried out (apply.h).
struct Plan {
  std::optional<PlanModel> teacher;  // none for a random student
  PlanModel student;
  Options options;
  std::vector<std::vector<int64_t>> layers;  // a stage: teacher's block of each
  std::vector<IndexSet> sets;
  std::vector<Entry> entries;  // in the order of the student's state_dict
  std::vector<Unused> unused;
  std::vector<std::string> notes;  // what a user should know, a sentence each

  bool operator==(const Plan&) const = default;
};

// Whether the student's model is generic; then the teacher's is too.
inline bool IsGeneric(const Plan& plan) {
  return std::holds_alternative<GenericModel>(plan.student);
}

// What data-dependent rules ask of the teacher's numbers.
struct Evidence {
  // For every position along `axis` of a tensor the sum of |w|^power over all
  // other dimensions.
  std::function<std::vector<double>(const std::string& tensor, size_t axis,
                                    int power)>
      slice_scores;
  // SHA-256 of the flat positions of the `count` largest |w| of a tensor.
  std::function<std::string(const std::string& tensor, int64_t count)>
      magnitude_digest;
};

// Plans a student of `student`'s architecture from a teacher. `teacher_tensors`
// is what the teacher's file holds, under timm's names. All that names and
// shapes can tell is checked before `evidence` is asked anything; rules that do
// not look at weights never ask.
// Errors: kMismatch, naming the axis or tensor: another family, a student that
// is deeper or wider, heads that do not fit, a tensor that the teacher lacks;
// kUsage for options that contradict each other or name nothing.
Plan PlanSelection(const model::Config& teacher,
                   const std::vector<TensorSpec>& teacher_tensors,
                   const model::Config& student, const Options& options,
                   const Evidence& evidence);

// Plans a student that is drawn at random throughout.
Plan PlanRandom(const model::Config& student, model::Initializer initializer,
                uint64_t seed);

}  // namespace wsel::select
