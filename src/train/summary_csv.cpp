#include "summary_csv.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace wsel::train {
namespace {

// As Python writes them: NaN has no sign.
std::string Number(double value) {
  return std::isnan(value) ? "nan" : fmt::format("{}", value);
}

std::string Cells(const std::optional<EpochSummary::Eval>& eval) {
  if (!eval) return ",,";
  return fmt::format("{},{},{}", Number(eval->loss), Number(eval->top1),
                     Number(eval->top5));
}

}  // namespace

SummaryCsv::SummaryCsv(const std::filesystem::path& path,
                       std::optional<uint64_t> resume_at)
    : file_(path, resume_at) {
  if (file_.bytes() > 0) return;
  file_.Write("epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n");
}

void SummaryCsv::Write(const EpochSummary& row) {
  file_.Write(fmt::format("{},{},{},{}\n", row.epoch, Number(row.train_loss),
                          Cells(row.eval), Number(row.lr)));
}

}  // namespace wsel::train
