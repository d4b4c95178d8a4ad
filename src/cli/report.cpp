#include <fmt/format.h>

#include <memory>
#include <string_view>

#include "commands.h"
#include "options.h"
#include "wsel/report/formats.h"
#include "wsel/report/report_request.h"

namespace wsel::cli {

void AddReport(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<report::ReportRequest>();
  CLI::App* c = app.add_subcommand(
      "report",
      "Report runs: mean and standard deviation over seeds, differences with "
      "confidence intervals, learning curves");
  c->add_option("DIR", args->folders,
                "Folder of a sweep, of runs or of one run, or a log file: "
                "timm's summary.csv, the ConvNeXt repository's log.txt");
  c->add_option("--format", args->format,
                "Output format: " + report::Formats().Choices())
      ->type_name("NAME")
      ->default_str("by the extension of --output, else markdown");
  c->add_option("--baseline", args->options.table.baseline,
                "Row, or value of a row's axis, that others are compared with")
      ->type_name("VALUE")
      ->default_str("the sweep file's, else random");
  c->add_option("--rows", args->options.table.rows, "Axes for the rows")
      ->delimiter(',')
      ->type_name("AXIS,...")
      ->default_str(
          "the sweep file's, else the axis with the baseline or with most "
          "values");
  c->add_option("--columns", args->options.table.columns,
                "Axes for the columns")
      ->delimiter(',')
      ->type_name("AXIS,...")
      ->default_str("the others");
  c->add_option("--target-accuracy", args->options.target_accuracies,
                "Top-1 accuracies in percent for which the epochs to accuracy "
                "are reported: 60,70")
      ->delimiter(',')
      ->type_name("PERCENT,...")
      ->default_str("round ones");
  AddOldName(*c, "--reach", "--target-accuracy",
             args->options.target_accuracies)
      ->delimiter(',');
  c->add_option("--output", args->output, "Output file")
      ->type_name("FILE")
      ->default_str("stdout");
  c->callback([args, c, &invocation] {
    LogOldNames(*c);
    WriteReport(*args, invocation.command,
                [](std::string_view text) { fmt::print("{}", text); });
  });
}

}  // namespace wsel::cli
