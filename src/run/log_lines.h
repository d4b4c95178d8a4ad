// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/run/log.h"

namespace wsel::run {

struct Line {
  size_t number = 0;  // from 1
  std::string_view text;
};

// A log split into lines.
struct LogLines {
  std::string text;
  std::vector<Line> lines;      // views of `text`; no line ends, no empty lines
  std::optional<Line> unended;  // the last line, if it has no end
};

// Errors: kIo; kFormat if the file exceeds 64 MB or a line exceeds 1 MB.
LogLines ReadLines(const std::filesystem::path& path);

// "file:line".
std::string LocationOf(const std::filesystem::path& path, const Line& line);

// Check a value of a log. Errors: kFormat at `where`.
int64_t CheckedCount(double value, const std::string& where,
                     std::string_view name);
// May be NaN or infinite: see Finish.
void CheckAccuracy(const std::optional<double>& value, const std::string& where,
                   std::string_view name);

// Adds an epoch; a repeated one replaces that epoch and all later ones. Errors:
// kFormat at `where` beyond 100,000 epochs.
void Append(Log& log, const Epoch& epoch, const std::string& where);

// Once all lines are read: adds notes, drops accuracies that are not finite,
// and renumbers epochs that count from 0.
void Finish(Log& log, bool truncated, bool from_zero);

}  // namespace wsel::run
