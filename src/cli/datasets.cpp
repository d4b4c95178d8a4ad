#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands.h"
#include "options.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/core/progress.h"
#include "wsel/data/check_dataset.h"
#include "wsel/data/dataset_info.h"
#include "wsel/data/open_dataset.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using data::DatasetInfo;
using data::Split;

constexpr size_t kMaxShown = 20;  // images printed per kind of issue

struct CheckArgs {
  std::string name;
  std::string root;
  std::string split;
  std::string labels;
  data::MultiLabel multi_label = data::MultiLabel::kOff;
  uint64_t split_seed = 0;
  int64_t in_chans = 3;
};

// A split, as found on disk.
struct CheckedSplit {
  Split split;
  data::CheckReport report;
  std::vector<std::string> count_mismatches;
  std::vector<std::string> classes;
  int64_t num_images;
  std::string note;
};

void PrintTable() {
  fmt::print("{:13}  {:>7}  {:>9}  {:>6}  {:>4}  {}\n", "name", "classes",
             "train", "test", "size", "files below the root");
  for (const DatasetInfo& info : data::DatasetRegistry()) {
    const auto count = [](int64_t n) {
      return n == 0 ? std::string("-") : std::to_string(n);
    };
    fmt::print("{:13}  {:>7}  {:>9}  {:>6}  {:>4}  {}\n", info.name,
               count(info.num_classes), count(info.num_train),
               count(info.num_test), count(info.image_size), info.layout);
  }
}

void PrintTableJson() {
  Json rows = Json::array();
  for (const DatasetInfo& info : data::DatasetRegistry()) {
    const auto count = [](int64_t n) { return n == 0 ? Json() : Json(n); };
    rows.push_back({{"name", info.name},
                    {"title", info.title},
                    {"classes", count(info.num_classes)},
                    {"train", count(info.num_train)},
                    {"test", count(info.num_test)},
                    {"size", count(info.image_size)},
                    {"layout", info.layout}});
  }
  fmt::print("{}\n", rows.dump(1));
}

data::OpenOptions OpenOptionsOf(const CheckArgs& args) {
  return {.split_seed = args.split_seed,
          .labels = args.labels,
          .multi_label = args.multi_label,
          .in_chans = args.in_chans};
}

CheckedSplit CheckSplit(const DatasetInfo& info, const CheckArgs& args,
                        Split split) {
  const auto set =
      data::OpenDataset(info.name, args.root, split, OpenOptionsOf(args));
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

std::string RangeText(int least, int most) {
  return least == most ? fmt::to_string(least)
                       : fmt::format("{}-{}", least, most);
}

void PrintIssues(std::string_view kind,
                 const std::vector<data::ImageIssue>& issues) {
  for (size_t i = 0; i < std::min(kMaxShown, issues.size()); ++i) {
    fmt::print("  {}: {}\n", kind, issues[i].text);
  }
  if (issues.size() > kMaxShown) {
    fmt::print("  and {} more; --json lists them all\n",
               issues.size() - kMaxShown);
  }
}

void Print(const CheckedSplit& checked) {
  const data::CheckReport& report = checked.report;
  const auto [least, most] =
      std::minmax_element(report.per_class.begin(), report.per_class.end());
  fmt::print(
      "{}: {} images of {} x {} pixels, {} classes of {} to {} images, {} "
      "corrupt, {} damaged\n",
      NameOf(checked.split), checked.num_images,
      RangeText(report.min_width, report.max_width),
      RangeText(report.min_height, report.max_height), checked.classes.size(),
      *least, *most, report.corrupt.size(), report.damaged.size());
  fmt::print("  {}: mean {:.4f}, std {:.4f}\n",
             report.mean.size() == 1 ? "as grey images" : "of each channel",
             fmt::join(report.mean, ","), fmt::join(report.std, ","));
  for (const std::string& text : checked.count_mismatches) {
    fmt::print("  count mismatch: {}\n", text);
  }
  if (!checked.note.empty()) fmt::print("  {}\n", checked.note);
  PrintIssues("corrupt", report.corrupt);
  PrintIssues("damaged", report.damaged);
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

Json ToJson(const CheckedSplit& checked) {
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

// The one that is asked for, else all that there are.
std::vector<Split> SplitsOf(const DatasetInfo& info, const CheckArgs& args) {
  for (const Split split : {Split::kTrain, Split::kVal, Split::kTest}) {
    if (args.split == NameOf(split)) return {split};
  }
  const auto others =
      data::FindOtherSplits(info.name, args.root, OpenOptionsOf(args));
  std::vector<Split> splits = {Split::kTrain};
  if (others.val) splits.push_back(Split::kVal);
  if (others.test) splits.push_back(Split::kTest);
  return splits;
}

void RunCheck(const CheckArgs& args, bool json) {
  const DatasetInfo& info = data::FindDataset(args.name, "wsel datasets");
  Json rows = Json::array();
  size_t num_corrupt = 0;
  size_t num_mismatches = 0;
  for (const Split split : SplitsOf(info, args)) {
    const CheckedSplit checked = CheckSplit(info, args, split);
    json ? rows.push_back(ToJson(checked)) : Print(checked);
    num_corrupt += checked.report.corrupt.size();
    num_mismatches += checked.count_mismatches.size();
  }
  if (json) fmt::print("{}\n", DumpJson(rows, 1));
  if (num_corrupt + num_mismatches == 0) return;
  std::fflush(stdout);  // before the error on stderr
  throw Error(ErrorKind::kFormat, args.root,
              "{} corrupt images; {} counts differ from those of {}",
              num_corrupt, num_mismatches, info.title);
}

}  // namespace

void AddDatasets(CLI::App& app, const Invocation&) {
  const auto json = std::make_shared<bool>(false);
  const auto args = std::make_shared<CheckArgs>();
  CLI::App* c = app.add_subcommand(
      "datasets", "List the supported data sets, or check one on disk");
  AddJson(*c, *json);
  CLI::App* check = c->add_subcommand(
      "check",
      "Verify counts and labels, and decode every image; exit code 5 if an "
      "image is corrupt or a count differs");
  check->add_option("NAME", args->name, "Data set, as listed by wsel datasets")
      ->required();
  check->add_option("ROOT", args->root, "Folder that holds the data set")
      ->required();
  check->add_option("--split", args->split, "Split to check: train|val|test")
      ->type_name("NAME")
      ->default_str("all that there are")
      ->check(CLI::IsMember({"train", "val", "test"}));
  AddLabels(*check, args->labels, args->multi_label);
  check
      ->add_option("--in-chans", args->in_chans,
                   "Channels that the model takes; other than 1 and 3 those "
                   "that all TIFF and .npy files have")
      ->check(CLI::Range(1, 1024))
      ->type_name("N")
      ->capture_default_str();
  check
      ->add_option("--split-seed", args->split_seed,
                   "Seed of EuroSAT's train/test split")
      ->type_name("N")
      ->capture_default_str();
  AddJson(*check, *json);
  c->callback([c, json, args] {
    if (!c->get_subcommands().empty()) {
      RunCheck(*args, *json);
    } else {
      *json ? PrintTableJson() : PrintTable();
    }
  });
}

}  // namespace wsel::cli
