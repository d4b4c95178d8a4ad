// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "wsel/run/append_file.h"
#include "wsel/run/log.h"

namespace wsel::run {

// summary.csv with timm's columns (timm.utils.update_summary): epoch,
// train_loss, eval_loss, eval_top1, eval_top5, lr. Cells of unknown values are
// empty; the others have enough digits to be read back exactly; lines end
// in "\n".
class SummaryCsv {
 public:
  // Errors: as AppendFile.
  SummaryCsv(const std::filesystem::path& path,
             std::optional<uint64_t> resume_at);

  // Errors: kIo.
  void Write(const Epoch& row);

  // As AppendFile.
  uint64_t Flush() { return file_.Flush(); }

 private:
  AppendFile file_;
};

}  // namespace wsel::run
