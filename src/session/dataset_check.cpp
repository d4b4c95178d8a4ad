#include "wsel/session/dataset_check.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "wsel/core/progress.h"
#include "wsel/data/dataset_info.h"

namespace wsel::session {
namespace {

using Json = nlohmann::ordered_json;
using data::Split;

const data::DatasetInfo& InfoOf(const DatasetCheck& request) {
  return data::FindDataset(request.name, "wsel datasets");
}

// The one that is asked for, else all that there are.
std::vector<Split> SplitsToCheck(const DatasetCheck& request) {
  for (const Split split : {Split::kTrain, Split::kVal, Split::kTest}) {
    if (request.split == NameOf(split)) return {split};
  }
  const auto others = data::FindOtherSplits(InfoOf(request).name, request.root,
                                            request.options);
  std::vector<Split> splits = {Split::kTrain};
  if (others.val) splits.push_back(Split::kVal);
  if (others.test) splits.push_back(Split::kTest);
  return splits;
}

CheckedSplit CheckSplit(const DatasetCheck& request, Split split) {
  const data::DatasetInfo& info = InfoOf(request);
  const auto set =
      data::OpenDataset(info.name, request.root, split, request.options);
  auto options = ProgressOnStderr(0);
  const bool on_terminal = options.bar;
  ProgressMeter meter(std::move(options));
  const auto show = [&](int64_t done) {
    if (!on_terminal) return;
    meter.Update(
        {.title = set.name, .step = done, .steps = set.size(), .images = done});
  };
  auto report = data::Check(set, 0, show);
  meter.Clear();
  return {
      split,       std::move(report), data::CountMismatches(info, split, set),
      set.classes, set.size(),        set.note};
}

Json Texts(const std::vector<data::ImageIssue>& issues) {
  Json texts = Json::array();
  for (const data::ImageIssue& issue : issues) texts.push_back(issue.text);
  return texts;
}

// Of RGB images those as grey ones.
Json StatisticsJson(const data::CheckReport& report) {
  if (report.mean.size() == 1) {
    return {{"grey", {{"mean", report.mean[0]}, {"std", report.std[0]}}}};
  }
  return {{"channels", {{"mean", report.mean}, {"std", report.std}}}};
}

Json SplitJson(const CheckedSplit& checked) {
  const data::CheckReport& report = checked.report;
  Json per_class = Json::object();
  for (size_t i = 0; i < checked.classes.size(); ++i) {
    per_class[checked.classes[i]] = report.per_class[i];
  }
  Json json = {{"split", NameOf(checked.split)},
               {"num_images", checked.num_images},
               {"width", {report.min_width, report.max_width}},
               {"height", {report.min_height, report.max_height}}};
  json.update(StatisticsJson(report));
  json.update(Json{{"classes", per_class},
                   {"count_mismatches", checked.count_mismatches},
                   {"note", checked.note},
                   {"corrupt", Texts(report.corrupt)},
                   {"damaged", Texts(report.damaged)}});
  return json;
}

}  // namespace

std::vector<CheckedSplit> CheckDataset(
    const DatasetCheck& request,
    const std::function<void(const CheckedSplit&)>& on_split) {
  std::vector<CheckedSplit> splits;
  for (const Split split : SplitsToCheck(request)) {
    splits.push_back(CheckSplit(request, split));
    on_split(splits.back());
  }
  return splits;
}

std::optional<Error> IssuesOf(const DatasetCheck& request,
                              const std::vector<CheckedSplit>& splits) {
  size_t num_corrupt = 0;
  size_t num_mismatches = 0;
  for (const CheckedSplit& checked : splits) {
    num_corrupt += checked.report.corrupt.size();
    num_mismatches += checked.count_mismatches.size();
  }
  if (num_corrupt + num_mismatches == 0) return std::nullopt;
  return Error(ErrorKind::kFormat, request.root,
               "{} corrupt images; {} counts differ from those of {}",
               num_corrupt, num_mismatches, InfoOf(request).title);
}

Json ToJson(const std::vector<CheckedSplit>& splits) {
  Json rows = Json::array();
  for (const CheckedSplit& checked : splits) {
    rows.push_back(SplitJson(checked));
  }
  return rows;
}

}  // namespace wsel::session
