#include "eval_outputs.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

namespace wsel::cli {

EvalOutputs::EvalOutputs(const EvalFiles& files, const data::Dataset& test)
    : files_(files), test_(test), confusion_(test.classes) {
  if (!files.predictions.empty()) predictions_.emplace(files.predictions);
}

void EvalOutputs::Add(const data::Batch& batch, const at::Tensor& logits) {
  const auto best = logits.argmax(1);
  for (size_t i = 0; i < batch.indices.size(); ++i) {
    if (!batch.valid[i]) continue;
    const auto row = static_cast<int64_t>(i);
    confusion_.Add(batch.labels[i],
                   static_cast<int32_t>(best[row].item<int64_t>()));
    if (!predictions_) continue;
    predictions_->Write(PredictionLine(batch.indices[i], logits[row]));
  }
}

void EvalOutputs::Write() {
  if (predictions_) predictions_->Commit();
  if (!files_.confusion.empty()) {
    WriteTextFile(files_.confusion, confusion_.MatrixCsv());
  }
  if (!files_.per_class.empty()) {
    WriteTextFile(files_.per_class, confusion_.ScoresCsv());
  }
}

std::string EvalOutputs::PredictionLine(int64_t index,
                                        const at::Tensor& logits) const {
  const auto label =
      static_cast<size_t>(test_.labels[static_cast<size_t>(index)]);
  const auto top = std::get<1>(
      logits.topk(std::min<int64_t>(5, logits.size(0)), 0, true, true));
  nlohmann::ordered_json line = {{"index", index},
                                 {"file", test_.filename(index)},
                                 {"label", test_.classes[label]}};
  for (int64_t i = 0; i < top.size(0); ++i) {
    const auto predicted = static_cast<size_t>(top[i].item<int64_t>());
    if (i == 0) line["prediction"] = test_.classes[predicted];
    line["top5"].push_back(test_.classes[predicted]);
  }
  if (files_.logits) {
    line["logits"] = std::vector<float>(
        logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  return line.dump() + "\n";
}

}  // namespace wsel::cli
