#include "score_table.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <memory>

namespace wsel::calibrate {

ScoreTable ZeroScores(const Reference& teacher) {
  ScoreTable table;
  for (const auto& [name, tensor] : teacher.weights.tensors()) {
    for (const int64_t size : tensor.sizes()) {
      table[name].emplace_back(static_cast<size_t>(size));
    }
  }
  return table;
}

void SetScores(ScoreTable& table, const std::string& tensor, size_t axis,
               const at::Tensor& scores, int64_t start) {
  const at::Tensor values = scores.to(at::kDouble).contiguous();
  const double* first = values.const_data_ptr<double>();
  std::vector<double>& all = table.at(tensor).at(axis);
  std::copy_n(first, values.numel(), all.begin() + start);
}

select::ImportanceScores Lazily(const std::function<ScoreTable()>& compute) {
  const auto table = std::make_shared<ScoreTable>();
  return {[table, compute](const std::string& tensor, size_t axis,
                           select::ScoreFunction) {
            if (table->empty()) *table = compute();
            return table->at(tensor).at(axis);
          },
          nullptr};
}

}  // namespace wsel::calibrate
