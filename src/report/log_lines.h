// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/report/log.h"

namespace wsel::report {

struct Line {
  size_t number = 0;  // from 1
  std::string_view text;
};

// A log in lines.
struct LogLines {
  std::string text;
  std::vector<Line> lines;  // into `text`, without line ends and empty lines
  bool cut = false;         // the last line, left out, had no end
};

// Errors: kIo; kFormat where it is larger than 64 MB or has a line of more than
// 1 MB.
LogLines ReadLines(const std::filesystem::path& path);

// Whether the first character is a brace: a log of JSON objects. False where
// the file cannot be read; who reads it then says why.
bool BeginsWithBrace(const std::filesystem::path& path);

// "file:line".
std::string PlaceOf(const std::filesystem::path& path, const Line& line);

// A number that a log gives, checked. Errors: kFormat at `where`.
int64_t CheckedEpoch(double value, const std::string& where);
double CheckedAccuracy(double value, const std::string& where,
                       std::string_view name);

// Adds an epoch; one that comes again replaces what stood from it on. Errors:
// kFormat at `where` beyond 100,000 epochs.
void Append(Log& log, const Epoch& epoch, const std::string& where);

// What is to be said and done once all lines are read.
void Finish(Log& log, bool cut);

}  // namespace wsel::report
