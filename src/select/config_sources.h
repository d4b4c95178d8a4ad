// Torch-free.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "component_mapping.h"
#include "config_pair.h"

namespace wsel::select {

// Where a parameter of the student comes from.
struct ConfigSource {
  std::variant<TensorSpec, Reinitialised, Error> source;
  // The teacher's parameter that it is selected from, or null.
  const model::ParameterSpec* teacher = nullptr;
  std::string note = {};  // for the user, unless it is skipped
};

// Finds the source of every parameter of a configured student in the teacher's
// file. A reset head is re-initialised as timm would, and so is a token that
// the teacher lacks; a bias or layer scale that it lacks becomes the identity.
// What cannot be replaced, is missing from the file, or has another shape there
// than in the teacher's model, is an Error.
class ConfigSources {
 public:
  // `models` and `file` must outlive this object.
  ConfigSources(const ConfigPair& models, const std::vector<TensorSpec>& file,
                Head head);

  ConfigSource Of(const model::ParameterSpec& student) const;

 private:
  const model::ParameterSpec* Find(const std::string& key, int stage,
                                   int block) const;
  const model::ParameterSpec* Counterpart(
      const model::ParameterSpec& student) const;
  ConfigSource Selected(const model::ParameterSpec& student,
                        const model::ParameterSpec& teacher) const;
  ConfigSource Replacement(const model::ParameterSpec& student) const;

  using Address = std::tuple<std::string, int, int>;  // key, stage, block

  const ConfigPair& models_;
  Head head_;
  std::map<Address, const model::ParameterSpec*> teacher_;
  std::map<std::string_view, const TensorSpec*> file_;
};

}  // namespace wsel::select
