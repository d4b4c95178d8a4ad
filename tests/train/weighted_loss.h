#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::train {

// loss(logits, targets, weight), [B, classes] and [classes].
using WeightedLoss = std::function<at::Tensor(const at::Tensor& logits,
                                              const at::Tensor& targets,
                                              const at::Tensor& weight)>;

// That a loss and its gradient are those under "weighted_loss" in a file of
// tests/golden/train; `key` is the name of the weights there.
inline void ExpectWeightedLoss(const char* file, const char* key,
                               const WeightedLoss& loss_of) {
  const std::string path =
      std::string(WSEL_SOURCE_DIR "/tests/golden/train/") + file;
  const auto golden =
      ParseJson(ReadText(path), path, ErrorKind::kFormat).at("weighted_loss");
  const auto matrix = [&](const char* name) {
    std::vector<at::Tensor> rows;
    for (const auto& row : golden[name]) {
      rows.push_back(at::tensor(row.get<std::vector<double>>(), at::kFloat));
    }
    return at::stack(rows);
  };
  const auto weight =
      at::tensor(golden[key].get<std::vector<double>>(), at::kFloat);
  auto logits = matrix("logits");
  logits.requires_grad_(true);
  const auto loss = loss_of(logits, matrix("targets"), weight);
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), golden["loss"].get<double>(), 1e-6);
  EXPECT_TRUE(at::allclose(logits.grad(), matrix("gradient"), 1e-5, 1e-7));
}

}  // namespace wsel::train
