#include "wsel/report/report_request.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/version.h"
#include "wsel/report/formats.h"

namespace wsel::report {

void WriteReport(const ReportRequest& request, const std::string& command,
                 const std::function<void(std::string_view)>& print) {
  if (request.folders.empty()) {
    throw Error(ErrorKind::kUsage, "DIR",
                "is missing: a sweep, a run or a folder of runs");
  }
  const Format format = FormatFor(request.format, request.output);
  Validate(request.options);
  Experiment experiment =
      ReadExperiment({request.folders.begin(), request.folders.end()});
  for (const std::string& why : experiment.unread) {
    spdlog::warn("left out, as it cannot be read: {}", why);
  }
  Report report = MakeReport(std::move(experiment), request.options);
  report.version = Version();
  report.command = EscapeText(command, 2000);
  const std::string text = Render(report, format);
  if (request.output.empty()) return print(text);
  WriteTextFile(request.output, text);
  spdlog::info("{}: written", request.output);
}

}  // namespace wsel::report
