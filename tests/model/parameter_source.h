// Torch-free.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/hashed_parameters.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/error.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/tensor/source.h"

namespace wsel::model {

// A checkpoint of a model with the parameters of scripts/golden/hashed.py, some
// of which a test may replace by a value.
class ParameterSource : public TensorSource {
 public:
  explicit ParameterSource(const Config& config) {
    for (const auto& parameter : ParameterSpecs(config)) {
      specs_.push_back(parameter.spec);
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    const TensorSpec* spec = Find(name);
    if (spec == nullptr) throw Error(ErrorKind::kMismatch, name, "no tensor");
    auto values = std::make_shared<std::vector<float>>(HashedParameter(*spec));
    const auto replaced = first_values_.find(std::string(name));
    if (replaced != first_values_.end()) values->front() = replaced->second;
    return {*spec, ContiguousStrides(spec->shape),
            std::as_bytes(std::span(*values)), values};
  }
  // The first element of a tensor.
  void Replace(const std::string& name, float value) {
    first_values_[name] = value;
  }

 private:
  std::vector<TensorSpec> specs_;
  std::map<std::string, float> first_values_;
};

// As a file, with the model in its metadata, and what `more` adds to it.
inline void WriteParameters(const std::filesystem::path& path,
                            const Config& config, const TensorSource& source,
                            std::map<std::string, std::string> more = {}) {
  more.emplace(run::kModelKey, ToJson(config));
  TensorView current;
  checkpoint::Write(
      path, source.Specs(),
      [&](size_t i) {
        current = source.View(source.Specs()[i].name);
        return current.bytes;
      },
      more);
}

}  // namespace wsel::model
