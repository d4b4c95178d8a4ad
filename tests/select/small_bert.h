// Torch-free.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "select/rule_named.h"
#include "wsel/core/text_file.h"
#include "wsel/select/family.h"
#include "wsel/select/plan.h"

namespace wsel::select {

inline FamilyTable Bert() {
  const std::string path = WSEL_SOURCE_DIR "/configs/families/bert.json";
  return FamilyFromJson(ReadText(path), path);
}

// The tensors of a BertModel as transformers 4 saves it.
inline std::vector<TensorSpec> SmallBert(int64_t width, int64_t layers,
                                         int64_t mlp) {
  std::vector<TensorSpec> specs = {
      {"embeddings.position_ids", {1, 8}, DType::kI64},
      {"embeddings.word_embeddings.weight", {11, width}},
      {"embeddings.position_embeddings.weight", {8, width}},
      {"embeddings.token_type_embeddings.weight", {2, width}}};
  const auto add = [&](const std::string& name, const Shape& weight) {
    specs.push_back({name + ".weight", weight});
    specs.push_back({name + ".bias", {weight[0]}});
  };
  add("embeddings.LayerNorm", {width});
  for (int64_t i = 0; i < layers; ++i) {
    const std::string layer = "encoder.layer." + std::to_string(i) + ".";
    for (const char* part : {"query", "key", "value"}) {
      add(layer + "attention.self." + part, {width, width});
    }
    add(layer + "attention.output.dense", {width, width});
    add(layer + "attention.output.LayerNorm", {width});
    add(layer + "intermediate.dense", {mlp, width});
    add(layer + "output.dense", {width, mlp});
    add(layer + "output.LayerNorm", {width});
  }
  add("pooler.dense", {width, width});
  return specs;
}

inline TensorSpec& SpecOf(std::vector<TensorSpec>& specs,
                          const std::string& name) {
  const auto at =
      std::find_if(specs.begin(), specs.end(),
                   [&](const TensorSpec& spec) { return spec.name == name; });
  if (at == specs.end()) throw std::out_of_range(name);
  return *at;
}

inline const Entry& EntryOf(const Plan& plan, const std::string& name) {
  const auto at = std::find_if(
      plan.entries.begin(), plan.entries.end(),
      [&](const Entry& entry) { return entry.student.name == name; });
  if (at == plan.entries.end()) throw std::out_of_range(name);
  return *at;
}

inline const Selected& SelectedOf(const Plan& plan, const std::string& name) {
  return std::get<Selected>(EntryOf(plan, name).source);
}

inline const IndexSet& SetOf(const Plan& plan, const std::string& name,
                             size_t axis) {
  return plan.sets.at(SelectedOf(plan, name).axes.at(axis).set);
}

// For methods that are not data-dependent.
inline ImportanceScores NoScores() {
  return {[](const std::string&, size_t, ScoreFunction) -> std::vector<double> {
            throw std::logic_error("asked for scores");
          },
          [](const std::string&, int64_t) -> std::string {
            throw std::logic_error("asked for magnitudes");
          }};
}

}  // namespace wsel::select
