// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "wsel/recipe/recipe.h"

namespace wsel::cli {

// A recipe as given on the command line: a file, or a model and a data set,
// with overrides. Flags are short for --set.
struct RecipeArgs {
  std::string config;
  std::string model;
  std::string dataset;
  std::string data_root;
  std::string init;
  std::string teacher;
  std::string select;
  std::string distill;
  bool distill_cache = false;
  std::string subset;
  std::string classes;  // comma-separated
  std::optional<int64_t> epochs;
  std::optional<int64_t> seed;
  std::optional<int64_t> workers;
  bool skip_corrupt = false;
  std::vector<std::string> sets;
};

// Adds the options, which fill `args`; it must outlive the app.
void AddRecipeOptions(CLI::App& command, RecipeArgs& args);

// Prints the paths that --set takes, with the values' defaults.
void PrintRecipeFields();

// The recipe with its overrides. --epochs scales the warmup along (paper,
// Figure 4). Errors: kUsage, kIo, kConfig.
recipe::Recipe ReadRecipe(const RecipeArgs& args);

}  // namespace wsel::cli
