#include <nlohmann/json.hpp>

#include "grid.h"
#include "wsel/core/dump_json.h"
#include "wsel/report/formats.h"

namespace wsel::report {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const MeanStd& value) {
  return {{"n", value.n},
          {"mean", value.mean},
          {"std", value.std ? Json(*value.std) : Json()}};
}

Json ToJson(const Comparison& comparison) {
  const PairedDifference& paired = comparison.paired;
  Json json = {
      {"change", comparison.change},
      {"pairs", paired.n},
      {"paired_difference", paired.n == 0 ? Json() : Json(paired.mean)},
      {"ci95", nullptr},
      {"unpaired_seeds", comparison.unpaired_seeds}};
  if (paired.interval) {
    json["ci95"] = {paired.interval->low, paired.interval->high};
  }
  return json;
}

Json ToJson(const std::optional<CellAccuracy>& accuracy) {
  if (!accuracy) return nullptr;
  Json json = ToJson(accuracy->value);
  json["best_of_column"] = accuracy->best;
  if (accuracy->change) json["against_baseline"] = ToJson(*accuracy->change);
  return json;
}

Json CurveJson(const Cell& cell) {
  Json curve = Json::array();
  for (const CurvePoint& point : cell.curve) {
    Json json = {{"epoch", point.epoch}};
    json.update(ToJson(point.top1));
    curve.push_back(std::move(json));
  }
  return curve;
}

Json KeyJson(const Experiment& experiment, const std::vector<size_t>& axes,
             const Key& key) {
  Json json = Json::object();
  for (size_t i = 0; i < axes.size(); ++i) {
    json[experiment.axes[axes[i]].name] = key[i];
  }
  return json;
}

// An object of name-value pairs.
Json ObjectOf(const Pairs& pairs) {
  Json json = Json::object();
  for (const auto& [name, value] : pairs) json[name] = value;
  return json;
}

Json RunJson(const Run& run) {
  const bool counted = IsCounted(run);
  Json json = {{"folder", run.path_text},
               {"settings", ObjectOf(run.settings)},
               {"seed", run.seed ? Json(*run.seed) : Json()},
               {"state", run::RunStates().NameOf(run.state)},
               {"counted", counted},
               {"last_top1", counted ? Json(LastTop1(run)) : Json()},
               {"best_top1", counted ? Json(BestTop1(run)) : Json()},
               {"skipped_test_images", SkippedImages(run)},
               {"epochs", run.log.last_epoch()},
               {"epochs_planned", run.epochs_planned},
               {"config_sha256", run.config_digest},
               {"provenance", ObjectOf(run.provenance)},
               {"error", run.error},
               {"notes", run.log.notes}};
  if (run.log.parameters > 0) json["parameters"] = run.log.parameters;
  return json;
}

Json CellsJson(const Report& report) {
  Json cells = Json::array();
  const Layout& layout = report.layout;
  for (size_t row = 0; row < report.cells.size(); ++row) {
    for (size_t column = 0; column < layout.columns.size(); ++column) {
      const Cell& cell = report.cells[row][column];
      if (cell.runs.empty()) continue;
      Json targets = Json::array();
      for (const EpochsToAccuracy& target : cell.epochs_to_accuracy) {
        targets.push_back(
            {{"top1", target.accuracy},
             {"runs", target.num_reached},
             {"epochs", target.epochs ? ToJson(*target.epochs) : Json()}});
      }
      Json& json = cells.emplace_back();
      json = {{"row",
               KeyJson(report.experiment, layout.row_axes, layout.rows[row])},
              {"column", KeyJson(report.experiment, layout.column_axes,
                                 layout.columns[column])},
              {"runs", cell.runs.size()},
              {"counted", cell.counted.size()},
              {"last_top1", ToJson(cell.last)},
              {"best_top1", ToJson(cell.best)},
              {"last_top5", cell.top5 ? ToJson(*cell.top5) : Json()},
              {"test_top1", ToJson(cell.test)},
              {"balanced_accuracy", ToJson(cell.balanced_accuracy)},
              {"macro_f1", ToJson(cell.macro_f1)},
              {"skipped_test_images", cell.skipped},
              {"curve", CurveJson(cell)},
              {"curve_of_unfinished_runs", cell.unfinished},
              {"epochs_to_accuracy", std::move(targets)}};
      if (cell.subset_accuracy) {
        json["metric"] = MetricOf(report.experiment, cell);
        json["subset_accuracy"] = ToJson(cell.subset_accuracy);
      }
    }
  }
  return cells;
}

Json DifferencesJson(const Report& report) {
  Json json = Json::object();
  for (const ConfigDifference& difference : report.differences) {
    Json& rows = json[difference.path] = Json::object();
    for (size_t row = 0; row < difference.values.size(); ++row) {
      rows[LabelOf(report.layout.rows[row])] = difference.values[row];
    }
  }
  return json;
}

}  // namespace

std::string ToJson(const Report& report) {
  Json runs = Json::array();
  for (const Run& run : report.experiment.runs) {
    if (!run.is_alias) runs.push_back(RunJson(run));
  }
  const Json json = {{"name", report.experiment.name},
                     {"about", report.experiment.about},
                     {"version", report.version},
                     {"command", report.command},
                     {"status", StatusLine(report)},
                     {"baseline", report.layout.baseline},
                     {"cells", CellsJson(report)},
                     {"configuration_differences", DifferencesJson(report)},
                     {"unread", report.experiment.unread},
                     {"runs", std::move(runs)}};
  return DumpJson(json, 2) + "\n";
}

}  // namespace wsel::report
