#include "wsel/data/options.h"

namespace wsel::data {

const Registry<Validation>& Validations() {
  static constexpr Registered<Validation> kRows[] = {
      {Validation::kAuto, "auto"}, {Validation::kTest, "test"}};
  static constexpr Registry<Validation> kRegistry("validation", kRows);
  return kRegistry;
}

}  // namespace wsel::data
