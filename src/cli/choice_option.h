// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model_args.h"
#include "wsel/core/registry.h"

namespace wsel::cli {

// Options that are parsed to their values as the command line is read, so that
// no command has to do so again.

// An enumeration; `value` is the default. Errors: kUsage for an unknown name.
template <typename E>
CLI::Option* AddChoice(CLI::App& command, const std::string& name, E& value,
                       const Registry<E>& registry, const std::string& help) {
  return command
      .add_option_function<std::string>(
          name,
          [&value, &registry, name](const std::string& text) {
            value = registry.Find(text, name);
          },
          help)
      ->default_str(std::string(registry.NameOf(value)))
      ->type_name("NAME");
}

// The same without a default.
template <typename E>
CLI::Option* AddChoice(CLI::App& command, const std::string& name,
                       std::optional<E>& value, const Registry<E>& registry,
                       const std::string& help) {
  return command
      .add_option_function<std::string>(
          name,
          [&value, &registry, name](const std::string& text) {
            value = registry.Find(text, name);
          },
          help)
      ->type_name("NAME");
}

// A model: a variant's name or a JSON file. Errors: as NamedModel.
inline CLI::Option* AddModelName(CLI::App& command, const std::string& name,
                                 std::optional<model::Config>& value,
                                 const std::string& help) {
  return command
      .add_option_function<std::string>(
          name, [&value](const std::string& text) { value = NamedModel(text); },
          help)
      ->type_name("MODEL");
}

// One value per channel: "0.5,0.5,0.5".
CLI::Option* AddRgb(CLI::App& command, const std::string& name,
                    std::optional<std::array<double, 3>>& value,
                    const std::string& help);

}  // namespace wsel::cli
