// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "wsel/data/options.h"
#include "wsel/recipe/recipe.h"

namespace wsel::session {

// How many optimizer steps trainings have, for dry runs of many recipes.
class TrainingSteps {
 public:
  // 0: unknown without the data set. Sets that are not known without their
  // files are opened, each once. Errors: as OpenSplits and data::StepsPerEpoch.
  int64_t Of(const recipe::Recipe& recipe);

 private:
  // Of the training images; 0: unknown.
  int64_t SizeOf(const data::DataOptions& data);

  using Key =
      std::tuple<std::string, std::string, std::string, std::vector<int64_t>,
                 std::vector<std::string>, std::string, double, uint64_t,
                 data::Validation, data::MultiLabel>;
  std::map<Key, int64_t> opened_;
};

}  // namespace wsel::session
