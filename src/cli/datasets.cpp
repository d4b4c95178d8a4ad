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
#include "wsel/data/dataset_info.h"
#include "wsel/session/dataset_check.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using data::DatasetInfo;

constexpr size_t kMaxShown = 20;  // images printed per kind of issue

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

std::string RangeText(int least, int most) {
  return least == most ? fmt::to_string(least)
                       : fmt::format("{}-{}", least, most);
}

std::string ImagesText(int64_t least, int64_t most) {
  return least == most ? fmt::format("{} image{}", least, least == 1 ? "" : "s")
                       : fmt::format("{} to {} images", least, most);
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

void Print(const session::CheckedSplit& checked) {
  const data::CheckReport& report = checked.report;
  const auto [least, most] =
      std::minmax_element(report.per_class.begin(), report.per_class.end());
  fmt::print(
      "{}: {} images of {} x {} pixels, {} classes of {}, {} corrupt, {} "
      "damaged\n",
      NameOf(checked.split), checked.num_images,
      RangeText(report.min_width, report.max_width),
      RangeText(report.min_height, report.max_height), checked.classes.size(),
      ImagesText(*least, *most), report.corrupt.size(), report.damaged.size());
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

void RunCheck(const session::DatasetCheck& request, bool json) {
  const auto splits =
      CheckDataset(request, [&](const session::CheckedSplit& checked) {
        if (!json) Print(checked);
      });
  if (json) fmt::print("{}\n", DumpJson(ToJson(splits), 1));
  const auto error = IssuesOf(request, splits);
  if (!error) return;
  std::fflush(stdout);  // before the error on stderr
  throw Error(*error);
}

}  // namespace

void AddDatasets(CLI::App& app, const Invocation&) {
  const auto json = std::make_shared<bool>(false);
  const auto args = std::make_shared<session::DatasetCheck>();
  CLI::App* c = app.add_subcommand(
      "datasets", "List the supported data sets, or check one on disk");
  AddJson(*c, *json);
  CLI::App* check = c->add_subcommand(
      "check",
      "Verify counts and labels, and decode every image; exit code 5 if an "
      "image is corrupt or a count differs");
  check
      ->add_option("NAME,--dataset", args->name,
                   "Data set, as listed by wsel datasets")
      ->required();
  check
      ->add_option("ROOT,--data-root", args->root,
                   "Folder that holds the data set")
      ->required();
  check->add_option("--split", args->split, "Split to check: train|val|test")
      ->type_name("NAME")
      ->default_str("all that there are")
      ->check(CLI::IsMember({"train", "val", "test"}));
  AddLabels(*check, args->options.labels, args->options.multi_label);
  check
      ->add_option("--in-chans", args->options.in_chans,
                   "Channels that the model takes; other than 1 and 3 those "
                   "that all TIFF and .npy files have")
      ->check(CLI::Range(1, 1024))
      ->type_name("N")
      ->capture_default_str();
  check
      ->add_option("--split-seed", args->options.split_seed,
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
