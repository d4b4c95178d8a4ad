#include "wsel/report/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "wsel/cli/commands.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/registry.h"
#include "wsel/core/version.h"
#include "wsel/report/chart.h"
#include "wsel/report/formats.h"
#include "wsel/report/printable.h"

namespace wsel::cli {
namespace {

namespace fs = std::filesystem;

enum class Format { kMarkdown, kCsv, kLatex, kJson, kHtml, kSvg, kPng };

constexpr std::array<Registered<Format>, 7> kFormats = {{
    {Format::kMarkdown, "markdown", ".md"},
    {Format::kCsv, "csv", ".csv"},
    {Format::kLatex, "latex", ".tex"},
    {Format::kJson, "json", ".json"},
    {Format::kHtml, "html", ".html"},
    {Format::kSvg, "svg", ".svg"},
    {Format::kPng, "png", ".png"},
}};
constexpr Registry<Format> kFormatNames("format", kFormats);

struct ReportArgs {
  std::vector<std::string> folders;
  std::string format;
  std::string output;
  report::Options options;
};

// What was asked for; else what the output's name ends in.
Format ChooseFormat(const ReportArgs& args) {
  if (!args.format.empty()) return kFormatNames.Find(args.format, "--format");
  if (args.output.empty()) return Format::kMarkdown;
  std::vector<std::string_view> known;
  for (const auto& row : kFormats) {
    if (fs::path(args.output).extension() == row.about) return row.value;
    known.push_back(row.about);
  }
  throw Error(ErrorKind::kUsage, "--output",
              fmt::format("{} does not say the format: end it in {}, or add "
                          "--format",
                          args.output, fmt::join(known, ", ")));
}

std::string Render(const report::Report& report, Format format) {
  switch (format) {
    case Format::kMarkdown:
      return ToMarkdown(report);
    case Format::kCsv:
      return ToCsv(report);
    case Format::kLatex:
      return ToLatex(report);
    case Format::kJson:
      return ToJson(report);
    case Format::kHtml:
      return ToHtml(report);
    case Format::kSvg:
      return ToSvg(report);
    case Format::kPng:
      return ChartsPng(Charts(report), report.study.name);
  }
  return "";
}

void CheckAccuracies(const std::vector<double>& accuracies) {
  for (const double accuracy : accuracies) {
    if (accuracy > 0 && accuracy <= 100) continue;
    throw Error(ErrorKind::kUsage, "--reach",
                fmt::format("{} is no top-1 in percent", accuracy));
  }
}

void RunReport(const ReportArgs& args, const Invocation& invocation) {
  if (args.folders.empty()) {
    throw Error(ErrorKind::kUsage, "DIR",
                "is missing: a sweep, a run or a folder of runs");
  }
  const Format format = ChooseFormat(args);
  if (format == Format::kPng && args.output.empty()) {
    throw Error(ErrorKind::kUsage, "--output",
                "is missing: a picture needs a file");
  }
  CheckAccuracies(args.options.accuracies);
  report::Study study =
      report::ReadStudy({args.folders.begin(), args.folders.end()});
  report::Report report = MakeReport(std::move(study), args.options);
  report.version = Version();
  report.command = report::Printable(invocation.command, 2000);
  const std::string text = Render(report, format);
  if (args.output.empty()) {
    fmt::print("{}", text);
    return;
  }
  WriteTextFile(args.output, text);
  spdlog::info("{}: written", args.output);
}

}  // namespace

void AddReport(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<ReportArgs>();
  CLI::App* c = app.add_subcommand(
      "report",
      "Tables, differences with confidence intervals and learning curves of "
      "runs: mean and deviation over seeds");
  c->add_option("DIR", args->folders,
                "Folders of a sweep, of runs or of a run; or logs: timm's "
                "summary.csv, the ConvNeXt repository's log.txt");
  c->add_option(
      "--format", args->format,
      kFormatNames.Choices() + "; the output's ending says it too (markdown)");
  c->add_option("--baseline", args->options.wish.baseline,
                "The row, or the value of a row's axis, that others are "
                "compared with (the sweep's, else \"random\")");
  c->add_option("--rows", args->options.wish.rows,
                "Axes of the sweep for the rows (the sweep's own, else the one "
                "with the baseline or with most values)")
      ->delimiter(',');
  c->add_option("--columns", args->options.wish.columns,
                "Axes for the columns (those left)")
      ->delimiter(',');
  c->add_option("--reach", args->options.accuracies,
                "Top-1 in percent of which to tell the epochs that reach it "
                "(round ones)")
      ->delimiter(',');
  c->add_option("--output", args->output,
                "File to write instead of stdout; replaced as a whole");
  c->callback([args, &invocation] { RunReport(*args, invocation); });
}

}  // namespace wsel::cli
