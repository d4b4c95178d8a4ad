// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "wsel/run/append_file.h"

namespace wsel::run {

struct Metric {
  std::string name;  // unique within a row
  std::variant<int64_t, double, std::string> value;
};

// metrics.jsonl: one JSON object per line. JSON has no NaN and no infinity:
// they are the strings "NaN", "Infinity" and "-Infinity", as in protobuf's
// JSON, so that a diverged loss differs from a missing one.
class MetricLog {
 public:
  // Errors: as AppendFile.
  MetricLog(const std::filesystem::path& path,
            std::optional<uint64_t> resume_at)
      : file_(path, resume_at) {}

  // Writes one line, the metrics in their order. Errors: kIo.
  void Write(std::span<const Metric> row);

  // As AppendFile.
  uint64_t Flush() { return file_.Flush(); }

 private:
  AppendFile file_;
};

}  // namespace wsel::run
