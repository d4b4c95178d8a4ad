// Torch-free.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "wsel/core/error.h"
#include "wsel/core/registry.h"
#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::pretrained {

// The recipe of the run that trained a checkpoint's weights, from its metadata.
class RecordedRecipe {
 public:
  // Errors: kFormat if that is not JSON.
  explicit RecordedRecipe(const PretrainedCheckpoint& checkpoint);
  RecordedRecipe(const RecordedRecipe&) = delete;
  RecordedRecipe& operator=(const RecordedRecipe&) = delete;
  ~RecordedRecipe();

  bool exists() const { return recipe_ != nullptr; }
  // null if there is none.
  nlohmann::ordered_json Value(const std::string& section,
                               const std::string& key) const;
  // "model.pth: wsel.recipe: data.resize", for messages.
  std::string Where(const std::string& section, const std::string& key) const;
  // The value of a key with named values; nullopt if there is none.
  // Errors: kFormat if it is not one of them.
  template <typename E>
  std::optional<E> Named(const Registry<E>& names, const std::string& section,
                         const std::string& key) const {
    const auto name = Text(section, key);
    if (!name) return std::nullopt;
    return names.Find(*name, Where(section, key), ErrorKind::kFormat);
  }

 private:
  // The value as text, or its JSON; nullopt if there is none.
  std::optional<std::string> Text(const std::string& section,
                                  const std::string& key) const;

  std::string path_;                                // of the checkpoint
  std::unique_ptr<nlohmann::ordered_json> recipe_;  // null: there is none
};

}  // namespace wsel::pretrained
