#include "wsel/train/evaluate.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "batch_gather.h"
#include "class_sums.h"
#include "label_scores.h"
#include "wsel/core/error.h"
#include "wsel/train/device.h"

namespace wsel::train {
namespace {

// Sums over the images of a batch.
struct BatchSums {
  double count = 0;
  double skipped = 0;
  double loss = 0;
  double top1 = 0;
  double top5 = 0;
};
constexpr int64_t kSums = sizeof(BatchSums) / sizeof(double);

// Of logits with a NaN, which compare as neither larger nor equal.
constexpr int64_t kLastRank = std::numeric_limits<int64_t>::max();

// Logits [B, classes], labels [B], on the CPU.
BatchSums SumsOf(const at::Tensor& logits, const at::Tensor& labels) {
  if (labels.numel() == 0) return {};
  const double loss = at::cross_entropy_loss(logits.to(at::kDouble), labels, {},
                                             at::Reduction::Sum)
                          .item<double>();
  // The rank is the number of classes with a larger logit, or with an equal one
  // and a lower index.
  const auto target = logits.gather(1, labels.unsqueeze(1));
  const auto before =
      at::arange(logits.size(1)).unsqueeze(0) < labels.unsqueeze(1);
  const auto rank = (logits > target)
                        .logical_or((logits == target).logical_and(before))
                        .sum(1)
                        .masked_fill(logits.isnan().any(1), kLastRank);
  return {.count = static_cast<double>(labels.size(0)),
          .loss = loss,
          .top1 = (rank < 1).sum().item<double>(),
          .top5 = (rank < 5).sum().item<double>()};
}

// Of all ranks' batches, in the order in which one rank would have them. Each
// row comes from one rank, and the others add 0 to it, which is exact.
std::vector<BatchSums> OfAllRanks(const std::vector<BatchSums>& own,
                                  distributed::ProcessGroup& group) {
  const at::Tensor count =
      at::full({1}, static_cast<int64_t>(own.size()), at::kLong);
  group.Sum(count);
  std::vector<BatchSums> all(static_cast<size_t>(count.item<int64_t>()));
  for (size_t i = 0; i < own.size(); ++i) {
    all.at(static_cast<size_t>(group.rank()) +
           i * static_cast<size_t>(group.size())) = own[i];
  }
  if (all.empty()) return all;
  group.Sum(
      at::from_blob(all.data(), {count.item<int64_t>() * kSums}, at::kDouble));
  return all;
}

// The metrics of multi-label images, in place of those of one label.
void SetMultiLabel(const LabelScores& scores, Evaluation& result) {
  const MultiLabelMetrics metrics = scores.Table().Metrics();
  result.loss = metrics.loss;
  result.macro_f1 = 100 * metrics.macro_f1;
  result.multi_label =
      MultiLabelResult{.mean_ap = 100 * metrics.mean_ap,
                       .subset_accuracy = 100 * metrics.subset_accuracy,
                       .unseen_classes = metrics.unseen_classes};
}

Evaluation Total(const std::vector<BatchSums>& batches,
                 const ClassSums& by_class) {
  BatchSums sums;
  for (const BatchSums& batch : batches) {
    sums.count += batch.count;
    sums.skipped += batch.skipped;
    sums.loss += batch.loss;
    sums.top1 += batch.top1;
    sums.top5 += batch.top5;
  }
  const double n = std::max(sums.count, 1.0);
  const auto classes = by_class.classes();
  return {.count = static_cast<int64_t>(sums.count),
          .skipped = static_cast<int64_t>(sums.skipped),
          .loss = sums.loss / n,
          .top1 = 100 * sums.top1 / n,
          .top5 = 100 * sums.top5 / n,
          .balanced_accuracy = 100 * BalancedAccuracy(classes),
          .macro_f1 = 100 * MacroF1(classes),
          .confusion = by_class.confusion()};
}

}  // namespace

Evaluation Evaluate(const std::function<at::Tensor(const at::Tensor&)>& forward,
                    data::Loader& loader, Uploader& uploader,
                    const EvaluationOptions& options,
                    const OnLogits& on_logits) {
  const at::NoGradGuard no_grad;
  std::optional<BatchGather> gather;
  if (options.group != nullptr && options.gather && on_logits) {
    gather.emplace(*options.group, on_logits);
  }
  std::vector<BatchSums> batches;
  ClassSums by_class;
  LabelScores label_scores;
  while (const data::Batch* batch = loader.Next()) {
    const DeviceBatch on_device = uploader.Upload(*batch, options.img_size);
    at::Tensor logits;
    {
      const Autocast autocast(options.precision, options.device);
      logits = forward(on_device.images);
    }
    logits = logits.to(at::kCPU, at::kFloat);
    if (gather) {
      gather->Add(*batch, logits);
    } else if (on_logits) {
      on_logits(*batch, logits);
    }
    const auto valid = on_device.valid.nonzero().squeeze(1);
    const auto valid_logits = logits.index_select(0, valid);
    if (options.multi_label) {
      const auto multi_hot = MultiHot(*batch, logits.size(1));
      label_scores.Add(valid_logits, multi_hot.index_select(0, valid));
      batches.push_back({.count = static_cast<double>(valid.size(0))});
    } else {
      const auto labels = on_device.labels.to(at::kCPU).index_select(0, valid);
      batches.push_back(SumsOf(valid_logits, labels));
      by_class.Add(valid_logits, labels);
    }
    batches.back().skipped = static_cast<double>(batch->size - valid.size(0));
  }
  if (gather) gather->Finish();
  if (options.group != nullptr) {
    batches = OfAllRanks(batches, *options.group);
    if (options.multi_label) {
      label_scores.GatherRanks(*options.group);
    } else {
      by_class.SumOverRanks(*options.group);
    }
  }
  Evaluation result = Total(batches, by_class);
  if (options.multi_label) SetMultiLabel(label_scores, result);
  if (result.count == 0 && result.skipped > 0) {
    const auto& corrupt = loader.corrupt_files();
    throw Error(ErrorKind::kFormat,
                corrupt.empty() ? "the test split" : corrupt.front(),
                "is corrupt, as all {} images of the evaluation are: none is "
                "left; wsel datasets check says what is wrong with each",
                result.skipped);
  }
  return result;
}

}  // namespace wsel::train
