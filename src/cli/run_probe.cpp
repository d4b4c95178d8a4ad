#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "probe_args.h"
#include "torch_commands.h"
#include "wsel/session/probe_run.h"

namespace wsel::cli {
namespace {

void PrintResult(const ProbeArgs& args, const session::ProbeRun& run) {
  const bool augment = args.request.options.augment;
  const std::string& solver = args.request.solver;
  const probe::ProbeResult& result = run.result;
  if (args.json) {
    nlohmann::ordered_json json = {
        {"train", run.train_images},
        {"test", run.test_images},
        {"skipped_train", result.train_skipped},
        {"skipped_test", result.test_skipped},
        {"num_features", result.num_features},
        {"solver", solver},
        {"training_features", augment ? "recomputed" : "cached"},
        {"standardised", run.standardised},
        {"top1", result.top1}};
    if (result.train_top1) json["train_top1"] = *result.train_top1;
    if (run.facts) json["images"] = ToJson(*run.facts);
    fmt::print("{}\n", json.dump());
    return;
  }
  const std::string train =
      result.train_top1 ? fmt::format("  (train {:.2f})", *result.train_top1)
                        : "";
  fmt::print(
      "top-1 {:.2f}{}  {} features {}, {}, {}, {} training and {} test "
      "images\n",
      result.top1, train, result.num_features,
      augment ? "recomputed in each epoch" : "computed once",
      run.standardised ? "standardised" : "with batch norm", solver,
      run.train_images, run.test_images);
  if (result.train_skipped + result.test_skipped > 0) {
    fmt::print("skipped {} corrupt training and {} test images of these\n",
               result.train_skipped, result.test_skipped);
  }
}

}  // namespace

void RunProbe(const ProbeArgs& args) {
  if (args.dry_run) {
    return DryRunProbe(args.request,
                       [](std::string_view text) { fmt::print("{}", text); });
  }
  PrintResult(args, session::RunProbe(args.request));
}

}  // namespace wsel::cli
