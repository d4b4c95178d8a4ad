#include "wsel/run/summary_csv.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace wsel::run {
namespace {

// As Python writes them: NaN has no sign.
std::string Cell(const std::optional<double>& value) {
  if (!value) return "";
  return std::isnan(*value) ? "nan" : fmt::format("{}", *value);
}

}  // namespace

SummaryCsv::SummaryCsv(const std::filesystem::path& path,
                       std::optional<uint64_t> resume_at)
    : file_(path, resume_at) {
  if (file_.bytes() > 0) return;
  file_.Write("epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n");
}

void SummaryCsv::Write(const Epoch& row) {
  file_.Write(fmt::format("{},{},{},{},{},{}\n", row.epoch,
                          Cell(row.train_loss), Cell(row.eval_loss),
                          Cell(row.top1), Cell(row.top5), Cell(row.lr)));
}

}  // namespace wsel::run
