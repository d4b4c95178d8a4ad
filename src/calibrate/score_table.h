#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "wsel/calibrate/reference.h"
#include "wsel/select/plan.h"

namespace wsel::calibrate {

// For each tensor a score of every index along each of its dimensions.
using ScoreTable = std::map<std::string, std::vector<std::vector<double>>>;

// One with zeros for all tensors of the model.
ScoreTable ZeroScores(const Reference& teacher);

// Sets the scores along one dimension, float64 [n], of the indices from `start`
// on.
void SetScores(ScoreTable& table, const std::string& tensor, size_t axis,
               const at::Tensor& scores, int64_t start = 0);

// Scores that `compute` makes when they are first asked for.
select::ImportanceScores Lazily(const std::function<ScoreTable()>& compute);

}  // namespace wsel::calibrate
