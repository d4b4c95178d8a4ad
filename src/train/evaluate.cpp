#include "wsel/train/evaluate.h"

#include <ATen/ATen.h>

#include "wsel/core/error.h"
#include "wsel/train/device.h"

namespace wsel::train {
namespace {

// Adds to the sums over the images so far: logits [B, classes], labels [B], on
// the CPU.
void Add(const at::Tensor& logits, const at::Tensor& labels, Evaluation& sums) {
  if (labels.numel() == 0) return;
  sums.count += labels.size(0);
  sums.loss += at::cross_entropy_loss(logits.to(at::kDouble), labels, {},
                                      at::Reduction::Sum)
                   .item<double>();
  // The rank is the number of classes with a larger logit, or with an equal one
  // and a lower index.
  const auto target = logits.gather(1, labels.unsqueeze(1));
  const auto before =
      at::arange(logits.size(1)).unsqueeze(0) < labels.unsqueeze(1);
  const auto rank = (logits > target)
                        .logical_or((logits == target).logical_and(before))
                        .sum(1);
  sums.top1 += (rank < 1).sum().item<double>();
  sums.top5 += (rank < 5).sum().item<double>();
}

}  // namespace

Evaluation Evaluate(const std::function<at::Tensor(const at::Tensor&)>& forward,
                    data::Loader& loader, Uploader& uploader,
                    const EvaluationOptions& options,
                    const OnLogits& on_logits) {
  const at::NoGradGuard no_grad;
  Evaluation sums;
  while (const data::Batch* batch = loader.Next()) {
    const DeviceBatch on_device = uploader.Upload(*batch, options.img_size);
    at::Tensor logits;
    {
      const Autocast autocast(options.precision, options.device);
      logits = forward(on_device.images);
    }
    logits = logits.to(at::kCPU, at::kFloat);
    if (on_logits) on_logits(*batch, logits);
    const auto valid = on_device.valid.nonzero().squeeze(1);
    sums.skipped += batch->size - valid.size(0);
    Add(logits.index_select(0, valid),
        on_device.labels.to(at::kCPU).index_select(0, valid), sums);
  }
  if (sums.count == 0 && sums.skipped > 0) {
    throw Error(ErrorKind::kFormat, loader.corrupt_files().front(),
                "is corrupt, as all {} images of the evaluation are: none is "
                "left; wsel datasets check says what is wrong with each",
                sums.skipped);
  }
  const auto n = static_cast<double>(std::max<int64_t>(sums.count, 1));
  return {sums.count, sums.skipped, sums.loss / n, 100 * sums.top1 / n,
          100 * sums.top5 / n};
}

}  // namespace wsel::train
