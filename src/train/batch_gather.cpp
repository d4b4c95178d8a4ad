#include "batch_gather.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace wsel::train {
namespace {

constexpr int64_t kFacts = 3;  // of an image: index, label, valid

// The labels of multi-label images: [rows, classes] of 0 and 1.
at::Tensor LabelSetsOf(const data::Batch* batch, int64_t rows,
                       int64_t classes) {
  at::Tensor sets = at::zeros({rows, classes});
  if (batch != nullptr) {
    sets.narrow(0, 0, batch->size).copy_(MultiHot(*batch, classes));
  }
  return sets;
}

// Back from a row's 0 and 1.
std::vector<int32_t> LabelSetOf(const at::Tensor& row) {
  std::vector<int32_t> labels;
  const auto values = row.accessor<float, 1>();
  for (int64_t c = 0; c < row.size(0); ++c) {
    if (values[c] == 1) labels.push_back(static_cast<int32_t>(c));
  }
  return labels;
}

at::Tensor FactsOf(const data::Batch* batch, int64_t rows) {
  at::Tensor facts = at::zeros({rows, kFacts}, at::kLong);
  if (batch == nullptr) return facts;
  int64_t* to = facts.data_ptr<int64_t>();
  for (size_t i = 0; i < batch->indices.size(); ++i) {
    *to++ = batch->indices[i];
    *to++ = batch->labels[i];
    *to++ = batch->valid[i] ? 1 : 0;
  }
  return facts;
}

data::Batch BatchOf(const at::Tensor& facts, int64_t size) {
  data::Batch batch;
  batch.size = size;
  const int64_t* from = facts.data_ptr<int64_t>();
  for (int64_t i = 0; i < size; ++i) {
    batch.indices.push_back(*from++);
    batch.labels.push_back(static_cast<int32_t>(*from++));
    batch.valid.push_back(*from++ != 0);
  }
  return batch;
}

}  // namespace

bool BatchGather::Round(const data::Batch* batch, const at::Tensor& logits) {
  // Images, classes, whether images have several labels.
  at::Tensor shape = at::zeros({3}, at::kLong);
  if (batch != nullptr) {
    shape[0] = batch->size;
    shape[1] = logits.size(1);
    shape[2] = batch->label_sets.empty() ? 0 : 1;
  }
  const auto shapes = group_.Gather(shape);
  int64_t rows = 0;
  int64_t classes = 0;
  bool multi_label = false;
  for (const at::Tensor& s : shapes) {
    rows = std::max(rows, s[0].item<int64_t>());
    classes = std::max(classes, s[1].item<int64_t>());
    multi_label = multi_label || s[2].item<int64_t>() == 1;
  }
  if (rows == 0) return false;
  at::Tensor padded = at::zeros({rows, classes});
  if (batch != nullptr) padded.narrow(0, 0, batch->size).copy_(logits);
  const auto all_logits = group_.Gather(padded);
  const auto all_facts = group_.Gather(FactsOf(batch, rows));
  std::vector<at::Tensor> all_sets;
  if (multi_label) {
    all_sets = group_.Gather(LabelSetsOf(batch, rows, classes));
  }
  if (!group_.IsFirst()) return true;
  for (size_t rank = 0; rank < shapes.size(); ++rank) {
    const int64_t size = shapes[rank][0].item<int64_t>();
    if (size == 0) continue;
    data::Batch gathered = BatchOf(all_facts[rank], size);
    for (int64_t i = 0; multi_label && i < size; ++i) {
      gathered.label_sets.push_back(LabelSetOf(all_sets[rank][i]));
    }
    use_(gathered, all_logits[rank].narrow(0, 0, size));
  }
  return true;
}

}  // namespace wsel::train
