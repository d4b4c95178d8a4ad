#include <fmt/format.h>
#include <fmt/ranges.h>

#include "wsel/session/analysis.h"
#include "wsel/session/dry_run.h"

namespace wsel::session {
namespace {

// Returns the configs that are known.
std::vector<model::Config> DryRunModels(const AnalysisRequest& request,
                                        const Print& print) {
  const AnalyzedStudents students = StudentsOf(request);
  std::vector<model::Config> known;
  const auto show = [&](const char* what,
                        const std::optional<model::Config>& config) {
    if (!config) return;
    print(fmt::format("{:10}  {}\n", what, NameOf(*config)));
    known.push_back(*config);
  };
  const auto model_of = [&](const std::string& file,
                            const std::optional<model::Config>& given) {
    return DryRunModel({.file = file,
                        .copy = request.copy,
                        .num_heads = request.num_heads,
                        .given = {.model = given}},
                       print);
  };
  if (!request.teacher.empty()) {
    show("teacher", model_of(request.teacher, request.teacher_model));
  }
  for (const std::string& path : request.checkpoints) {
    show("checkpoint", model_of(path, request.checkpoint_model));
  }
  show("student", students.config);
  if (students.config) {
    print(fmt::format("{:10}  {}\n", "methods",
                      fmt::join(students.methods, ", ")));
  }
  return known;
}

}  // namespace

void DryRunAttention(const AttentionRequest& request, const Print& print) {
  for (const model::Config& config : DryRunModels(request.models, print)) {
    analyze::CheckHead(config, request.block, request.head);
  }
}

void DryRunFeatures(const FeaturesRequest& request, const Print& print) {
  DryRunModels(request.models, print);
  const auto sizes = DryRunSizes(request.data, Splits::kBoth, print);
  print(fmt::format("data        {}, {}\n", request.data.name,
                    CountText(sizes.train)));
}

void DryRunWeights(const WeightsRequest& request, const Print& print) {
  DryRunModels(request.models, print);
}

}  // namespace wsel::session
