// Torch-free.
#pragma once

#include <optional>
#include <vector>

#include "component_mapping.h"
#include "config_pair.h"

namespace wsel::select {

// Collects the dimensions that tensors of two configured models share, by their
// roles and stages. The official rule has a dimension for each pair of sizes
// instead, whatever the role.
class ConfigDimensions {
 public:
  // `models` must outlive this object.
  ConfigDimensions(const ConfigPair& models, bool official)
      : models_(models), official_(official) {}

  // The dimensions of the teacher's parameter, in the order of its shape.
  std::vector<MappedAxis> AxesOf(const model::ParameterSpec& teacher,
                                 const model::ParameterSpec& student);

  // The error if a dimension differs that is neither selected along nor
  // resampled.
  std::optional<Error> Mismatch(const model::ParameterSpec& teacher,
                                const model::ParameterSpec& student) const;

  // The dimensions that AxesOf() referred to.
  std::vector<MappedDimension> Take() && { return std::move(dimensions_); }

 private:
  MappedAxis AxisOf(const model::ParameterSpec& teacher,
                    const model::ParameterSpec& student, size_t axis);
  size_t Intern(MappedDimension dimension);

  const ConfigPair& models_;
  bool official_;
  std::vector<MappedDimension> dimensions_;
};

// The attention heads of a configured model; one without attention has none.
HeadSplit HeadsOf(const model::Config& config);

}  // namespace wsel::select
