#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "run_files.h"
#include "wsel/core/csv.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"

namespace wsel::report {
namespace {

// Wider tables are not readable; the file has them.
constexpr size_t kMostClasses = 20;
// Of a matrix of so many classes, with names of any length that is sensible.
constexpr uintmax_t kMostBytes = 1 << 20;

[[noreturn]] void ThrowNoMatrix(const std::filesystem::path& path,
                                size_t line) {
  throw Error(ErrorKind::kFormat, fmt::format("{}:{}", path.string(), line),
              "is not a line of a confusion matrix");
}

std::vector<int64_t> CountsIn(const std::vector<std::string>& cells,
                              const std::filesystem::path& path, size_t line) {
  std::vector<int64_t> counts;
  for (size_t i = 1; i < cells.size(); ++i) {
    int64_t count = 0;
    const char* const end = cells[i].data() + cells[i].size();
    const auto read = std::from_chars(cells[i].data(), end, count);
    if (read.ec != std::errc() || read.ptr != end || count < 0) {
      ThrowNoMatrix(path, line);
    }
    counts.push_back(count);
  }
  return counts;
}

std::optional<Confusion> MatrixIn(const std::filesystem::path& path) {
  if (std::filesystem::file_size(path) > kMostBytes) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string line;
  std::getline(file, line);
  const auto header = CsvCells(line, path.string());
  const size_t classes = header.size() - 1;
  if (classes > kMostClasses) return std::nullopt;
  if (header[0] != "label" || classes == 0) ThrowNoMatrix(path, 1);
  Confusion confusion;
  for (size_t i = 1; i <= classes; ++i) {
    confusion.classes.push_back(EscapeText(header[i]));
  }
  while (std::getline(file, line)) {
    const size_t number = confusion.counts.size() + 2;
    const auto cells = CsvCells(line, path.string());
    if (cells.size() != header.size() || number > classes + 1) {
      ThrowNoMatrix(path, number);
    }
    confusion.counts.push_back(CountsIn(cells, path, number));
  }
  if (confusion.counts.size() != classes) {
    ThrowNoMatrix(path, confusion.counts.size() + 2);
  }
  return confusion;
}

}  // namespace

void ReadConfusion(const std::filesystem::path& path, Run& run) {
  try {
    run.confusion = MatrixIn(path);
  } catch (const Error& error) {
    run.log.notes.push_back(EscapeText(error.what()));
  }
}

}  // namespace wsel::report
