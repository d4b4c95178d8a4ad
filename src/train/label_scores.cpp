#include "label_scores.h"

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace wsel::train {

void LabelScores::Add(const at::Tensor& logits, const at::Tensor& multi_hot) {
  batches_.push_back(at::cat({logits, multi_hot}, 1));
}

void LabelScores::GatherRanks(distributed::ProcessGroup& group) {
  // A rank without batches does not know the number of classes.
  const at::Tensor width = at::full(
      {1}, batches_.empty() ? 0 : static_cast<int32_t>(batches_[0].size(1)),
      at::kInt);
  group.StartMax(width).Wait();
  const at::Tensor count =
      at::full({1}, static_cast<int64_t>(batches_.size()), at::kLong);
  group.Sum(count);
  if (count.item<int64_t>() == 0) return;
  const auto place_of = [&](size_t i) {
    return group.rank() + static_cast<int64_t>(i) * group.size();
  };
  const at::Tensor sizes = at::zeros({count.item<int64_t>()}, at::kLong);
  for (size_t i = 0; i < batches_.size(); ++i) {
    sizes[place_of(i)] = batches_[i].size(0);
  }
  group.Sum(sizes);
  const at::Tensor ends = sizes.cumsum(0);
  const auto rows = ends[-1].item<int64_t>();
  // Each row comes from one rank, and the others add 0 to it, which is exact.
  const at::Tensor all = at::zeros({rows, width.item<int32_t>()});
  for (size_t i = 0; i < batches_.size(); ++i) {
    const int64_t size = batches_[i].size(0);
    const auto end = ends[place_of(i)].item<int64_t>();
    all.narrow(0, end - size, size).copy_(batches_[i]);
  }
  if (all.numel() > 0) group.Sum(all);
  batches_ = {all};
}

MultiLabelTable LabelScores::Table() const {
  MultiLabelTable table;
  for (const at::Tensor& batch : batches_) {
    const int64_t classes = batch.size(1) / 2;
    const at::Tensor logits = batch.narrow(1, 0, classes).contiguous();
    const at::Tensor labels =
        batch.narrow(1, classes, classes).to(at::kByte).contiguous();
    const auto width = static_cast<size_t>(classes);
    for (size_t i = 0; i < static_cast<size_t>(batch.size(0)); ++i) {
      table.Add({logits.data_ptr<float>() + i * width, width},
                {labels.data_ptr<uint8_t>() + i * width, width});
    }
  }
  return table;
}

}  // namespace wsel::train
