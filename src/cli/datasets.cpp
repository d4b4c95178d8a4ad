#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "wsel/cli/commands.h"
#include "wsel/core/error.h"
#include "wsel/data/check.h"
#include "wsel/data/open.h"
#include "wsel/data/table.h"
#include "wsel/train/progress.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using data::DatasetFacts;
using data::Split;

constexpr size_t kShown = 20;  // remarks of a kind that are printed

struct CheckArgs {
  std::string name;
  std::string root;
  std::string split;
  uint64_t split_seed = 0;
};

// A split, as it was found.
struct Checked {
  Split split;
  data::CheckReport report;
  std::vector<std::string> unusual;
  std::vector<std::string> classes;
  int64_t pictures;
};

void PrintTable() {
  fmt::print("{:13}  {:>7}  {:>9}  {:>6}  {:>4}  {}\n", "name", "classes",
             "train", "test", "size", "files below the root");
  for (const DatasetFacts& facts : data::Datasets()) {
    const auto number = [](int64_t n) {
      return n == 0 ? std::string("-") : std::to_string(n);
    };
    fmt::print("{:13}  {:>7}  {:>9}  {:>6}  {:>4}  {}\n", facts.name,
               number(facts.classes), number(facts.train), number(facts.test),
               number(facts.native_size), facts.layout);
  }
}

void PrintTableJson() {
  Json rows = Json::array();
  for (const DatasetFacts& facts : data::Datasets()) {
    const auto number = [](int64_t n) { return n == 0 ? Json() : Json(n); };
    rows.push_back({{"name", facts.name},
                    {"title", facts.title},
                    {"classes", number(facts.classes)},
                    {"train", number(facts.train)},
                    {"test", number(facts.test)},
                    {"size", number(facts.native_size)},
                    {"layout", facts.layout}});
  }
  fmt::print("{}\n", rows.dump(1));
}

Checked CheckSplit(const DatasetFacts& facts, const CheckArgs& args,
                   Split split) {
  const auto set = data::OpenDataset(facts.name, args.root, split,
                                     {.split_seed = args.split_seed});
  auto options = train::ProgressOnStderr(0);
  const bool on_terminal = options.bar;
  train::ProgressMeter meter(std::move(options));
  const auto show = [&](int64_t done) {
    if (!on_terminal) return;
    meter.Update(
        {.title = set.name, .step = done, .steps = set.size(), .images = done});
  };
  auto report = data::Check(set, 0, show);
  meter.Clear();
  return {split, std::move(report), data::Unusual(facts, split, set),
          set.classes, set.size()};
}

std::string SizeRange(int least, int most) {
  return least == most ? std::to_string(least)
                       : fmt::format("{}-{}", least, most);
}

void PrintRemarks(std::string_view kind,
                  const std::vector<data::Remark>& remarks) {
  for (size_t i = 0; i < std::min(kShown, remarks.size()); ++i) {
    fmt::print("  {}: {}\n", kind, remarks[i].text);
  }
  if (remarks.size() > kShown) {
    fmt::print("  and {} more; --json names them all\n",
               remarks.size() - kShown);
  }
}

void Print(const Checked& checked) {
  const data::CheckReport& report = checked.report;
  const auto [least, most] =
      std::minmax_element(report.per_class.begin(), report.per_class.end());
  fmt::print(
      "{}: {} pictures of {} x {} pixels, {} classes of {} to {} pictures, {} "
      "broken, {} with remarks\n",
      NameOf(checked.split), checked.pictures,
      SizeRange(report.min_width, report.max_width),
      SizeRange(report.min_height, report.max_height), checked.classes.size(),
      *least, *most, report.broken.size(), report.damaged.size());
  for (const std::string& text : checked.unusual) {
    fmt::print("  unusual: {}\n", text);
  }
  PrintRemarks("broken", report.broken);
  PrintRemarks("remark", report.damaged);
}

Json Texts(const std::vector<data::Remark>& remarks) {
  Json texts = Json::array();
  for (const data::Remark& remark : remarks) texts.push_back(remark.text);
  return texts;
}

Json ToJson(const Checked& checked) {
  const data::CheckReport& report = checked.report;
  Json per_class = Json::object();
  for (size_t i = 0; i < checked.classes.size(); ++i) {
    per_class[checked.classes[i]] = report.per_class[i];
  }
  return {{"split", NameOf(checked.split)},
          {"pictures", checked.pictures},
          {"width", {report.min_width, report.max_width}},
          {"height", {report.min_height, report.max_height}},
          {"classes", per_class},
          {"unusual", checked.unusual},
          {"broken", Texts(report.broken)},
          {"remarks", Texts(report.damaged)}};
}

std::vector<Split> SplitsOf(const std::string& split) {
  if (split == "train") return {Split::kTrain};
  if (split == "test") return {Split::kTest};
  return {Split::kTrain, Split::kTest};
}

void RunCheck(const CheckArgs& args, bool json) {
  const DatasetFacts& facts = data::FindDataset(args.name, "wsel datasets");
  Json rows = Json::array();
  size_t broken = 0;
  size_t unusual = 0;
  for (const Split split : SplitsOf(args.split)) {
    const Checked checked = CheckSplit(facts, args, split);
    json ? rows.push_back(ToJson(checked)) : Print(checked);
    broken += checked.report.broken.size();
    unusual += checked.unusual.size();
  }
  if (json) {
    // A file's name need not be UTF-8.
    fmt::print("{}\n",
               rows.dump(1, ' ', false, Json::error_handler_t::replace));
  }
  if (broken + unusual == 0) return;
  std::fflush(stdout);  // before what stderr says of it
  throw Error(ErrorKind::kFormat, args.root,
              fmt::format("{} pictures are broken, and {} counts are not those "
                          "of {}",
                          broken, unusual, facts.title));
}

}  // namespace

void AddDatasets(CLI::App& app, const Invocation&) {
  const auto json = std::make_shared<bool>(false);
  const auto args = std::make_shared<CheckArgs>();
  CLI::App* c = app.add_subcommand(
      "datasets", "List the data sets known by name, or check one");
  c->add_flag("--json", *json, "Print JSON");
  CLI::App* check = c->add_subcommand(
      "check",
      "Verify counts and labels, and decode every picture; exit code 5 where "
      "something is broken or not as usual");
  check->add_option("NAME", args->name, "A data set of the list")->required();
  check->add_option("ROOT", args->root, "The folder that holds it")->required();
  check->add_option("--split", args->split, "train or test; both if not given")
      ->check(CLI::IsMember({"train", "test"}));
  check->add_option("--split-seed", args->split_seed,
                    "Of EuroSAT's seeded split (0)");
  check->add_flag("--json", *json, "Print JSON");
  c->callback([c, json, args] {
    if (!c->get_subcommands().empty()) {
      RunCheck(*args, *json);
    } else {
      *json ? PrintTableJson() : PrintTable();
    }
  });
}

}  // namespace wsel::cli
