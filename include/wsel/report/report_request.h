// Torch-free.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/report/report.h"

namespace wsel::report {

// A report as given on the command line.
struct ReportRequest {
  std::vector<std::string> folders;  // as ReadExperiment
  std::string format;                // as FormatFor
  std::string output;                // "": it is printed
  ReportOptions options;
};

// Reads the runs and writes their report, or prints it; logs what cannot be
// read. `command` is the whole command line. Errors: kUsage without a folder;
// as FormatFor, Validate, ReadExperiment, MakeReport and Render; kIo.
void WriteReport(const ReportRequest& request, const std::string& command,
                 const std::function<void(std::string_view)>& print);

}  // namespace wsel::report
