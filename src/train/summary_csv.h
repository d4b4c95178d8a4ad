// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "append_file.h"

namespace wsel::train {

// A row of the summary.
struct EpochSummary {
  struct Eval {
    double loss = 0;
    double top1 = 0;  // percent
    double top5 = 0;
  };

  int64_t epoch = 0;
  double train_loss = 0;
  std::optional<Eval> eval;  // if the epoch was evaluated
  double lr = 0;
};

// summary.csv with timm's columns (timm.utils.update_summary): epoch,
// train_loss, eval_loss, eval_top1, eval_top5, lr. Without an evaluation its
// cells are empty; values have enough digits to be read back exactly; lines end
// in "\n".
class SummaryCsv {
 public:
  // Errors: as AppendFile.
  SummaryCsv(const std::filesystem::path& path,
             std::optional<uint64_t> resume_at);

  // Errors: kIo.
  void Write(const EpochSummary& row);

  // As AppendFile.
  uint64_t Flush() { return file_.Flush(); }

 private:
  AppendFile file_;
};

}  // namespace wsel::train
