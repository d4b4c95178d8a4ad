#include "request_base.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "wsel/core/text_file.h"
#include "wsel/session/recipe_of_checkpoint.h"

namespace wsel::session {
namespace {

using pretrained::PretrainedCheckpoint;
using recipe::BaseRecipe;

// The values of fine-tuning that the run has, whichever base it began with.
std::string WithBegun(const std::string& text, const std::string& where,
                      const std::string& begun) {
  const std::string saved = ReadText(begun);
  std::vector<std::string> values;
  for (const std::string& set : recipe::SetsOf(BaseRecipe::kFinetune)) {
    const std::string path = set.substr(0, set.find('='));
    const std::string value = recipe::GivenValue(saved, begun, {}, path);
    if (!value.empty()) values.push_back(fmt::format("{}={}", path, value));
  }
  return recipe::WithDefaults(text, where, values);
}

// The base recipe of a training without a file, and why. A checkpoint that is
// missing is an error only later.
std::pair<BaseRecipe, std::string> BaseOf(
    const recipe::InitOptions& init,
    const std::optional<PretrainedCheckpoint>& opened) {
  if (opened && !WasTrained(*opened)) {
    return {BaseRecipe::kPaper,
            fmt::format("the paper's defaults, since {} is a student that was "
                        "not trained yet (`recipe` finetune: fine-tuning's)",
                        init.file)};
  }
  return {BaseRecipe::kFinetune,
          fmt::format("defaults for fine-tuning, since {} was trained before "
                      "(`recipe` paper: the paper's)",
                      init.file)};
}

}  // namespace

std::string WithBaseOf(const RecipeRequest& request, const std::string& text,
                       const std::string& where,
                       const std::vector<std::string>& sets,
                       OpenedRecipe& opened) {
  if (!request.resumed.empty()) return text;
  if (!request.begun.empty()) return WithBegun(text, where, request.begun);
  if (request.base) {
    opened.base = fmt::format("what is not given is of `recipe` {}",
                              recipe::BaseRecipes().NameOf(*request.base));
    return recipe::WithBase(text, where, sets, *request.base);
  }
  if (!request.config.empty()) return text;
  const auto init = recipe::InitFileOf(text, where, sets);
  if (!init) {
    opened.base = "the paper's defaults (`recipe` finetune: fine-tuning's)";
    return text;
  }
  if (!opened.init && std::filesystem::exists(init->file)) {
    opened.init = pretrained::Open(init->file, init->copy);
  }
  const auto [base, why] = BaseOf(*init, opened.init);
  opened.base = why;
  return recipe::WithBase(text, where, sets, base);
}

}  // namespace wsel::session
