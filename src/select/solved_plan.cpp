#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <variant>

#include "plan_reader.h"
#include "wsel/model/config.h"

namespace wsel::select {
namespace {

double ReadNumber(JsonObject& json, std::string_view key, double most) {
  const auto number = json.Get<double>(key);
  if (!(number >= 0 && number <= most)) {
    Fail(json.PathOf(key), fmt::format("is not in 0 to {}", most));
  }
  return number;
}

Agreement ReadAgreement(JsonObject json) {
  Agreement agreement;
  // Plans of version 0.1 and of too few images have none.
  if (json.Has("held_out")) {
    agreement.held_out = json.Get<int64_t>("held_out");
    if (agreement.held_out < 1) {
      Fail(json.PathOf("held_out"), "must be positive");
    }
  }
  if (json.Has("top1")) agreement.top1 = ReadNumber(json, "top1", 100);
  ForEach(json, "stream", [&](JsonObject block) {
    agreement.stream.push_back(
        {block.Get<std::string>("block"), ReadNumber(block, "kept", 2),
         ReadNumber(block, "error", std::numeric_limits<double>::max())});
    block.Finish();
  });
  json.Finish();
  return agreement;
}

// Whether a model can be run beside the other, layer by layer: on the same
// images, with hidden channels of the same kind.
bool AreComparable(const model::Config& a, const model::Config& b) {
  return InChans(a) == InChans(b) && HaveSameMlp(a, b);
}

// What solving relies on, and a planner has checked of its own plans.
void CheckSolvable(const Plan& plan, const std::string& where) {
  const auto* student = std::get_if<model::Config>(&plan.student);
  const auto* teacher =
      plan.teacher ? std::get_if<model::Config>(&*plan.teacher) : nullptr;
  if (student == nullptr || teacher == nullptr || !AreKin(*teacher, *student)) {
    Fail(where, fmt::format("method {} needs a teacher and a student of one "
                            "architecture",
                            plan.options.method->name));
  }
  if (!AreComparable(*teacher, *student)) {
    Fail(where, fmt::format("method {} needs a teacher and a student with one "
                            "number of image channels and one form of MLP",
                            plan.options.method->name));
  }
  const auto from = StageDepths(*teacher);
  const auto to = StageDepths(*student);
  bool fits = plan.layers.size() == to.size();
  for (size_t stage = 0; fits && stage < to.size(); ++stage) {
    const auto& blocks = plan.layers[stage];
    fits = static_cast<int64_t>(blocks.size()) == to[stage] &&
           std::ranges::all_of(blocks, [&](int64_t block) {
             return block >= 0 && block < from[stage];
           });
  }
  if (!fits) Fail(where, "'layers' does not list blocks of these models");
  if (plan.options.head == Head::kReuse &&
      NumClasses(*student) != NumClasses(*teacher)) {
    Fail(where, "head reuse needs an equal number of classes");
  }
}

}  // namespace

CalibrationRecord ReadCalibration(JsonObject json) {
  CalibrationRecord c;
  c.dataset = json.Get<std::string>("dataset");
  c.images = json.Get<int64_t>("images");
  c.seed = static_cast<uint64_t>(json.Get<int64_t>("seed"));
  c.digest = json.Get<std::string>("sha256");
  if (c.images < 1) Fail(json.PathOf("images"), "must be positive");
  if (c.digest.size() != 64) Fail(json.PathOf("sha256"), "is not a SHA-256");
  if (json.Has("mean")) c.mean = json.Get<std::vector<double>>("mean");
  if (json.Has("std")) c.std = json.Get<std::vector<double>>("std");
  if (json.Has("agreement")) {
    c.agreement = ReadAgreement(json.Object("agreement"));
  }
  json.Finish();
  return c;
}

void CheckSolved(const Plan& plan, const std::string& where) {
  const SelectionRule& rule = plan.options.Rule();
  if (IsSolved(plan) && !plan.calibration) {
    Fail(where, fmt::format("method {} needs 'calibration'", rule.name));
  }
  if (IsSolved(plan)) CheckSolvable(plan, where);
  for (const auto& [tensor, source] : plan.entries) {
    const auto* selected = std::get_if<Selected>(&source);
    const bool solved = selected != nullptr && !selected->solved.empty();
    if ((solved && rule.solve != Solve::kRegression) ||
        (std::holds_alternative<Computed>(source) &&
         rule.solve != Solve::kProjection)) {
      Fail(where, fmt::format("'{}' is computed, but method {} computes none",
                              tensor.name, rule.name));
    }
  }
}

}  // namespace wsel::select
