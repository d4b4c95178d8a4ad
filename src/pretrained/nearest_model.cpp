#include "nearest_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <span>
#include <vector>

#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"

namespace wsel::pretrained {
namespace {

// A name by its pattern, "blocks.#.norm1.weight", in the order of patterns.
using Names = std::map<std::string, std::string>;

std::string PatternOf(std::string_view name) {
  std::string pattern;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    const bool starts = pattern.empty() || pattern.back() == '.';
    if (digit && (starts || pattern.back() == '#')) {
      if (starts) pattern += '#';
    } else {
      pattern += c;
    }
  }
  return pattern;
}

// "model.encoder." if all names start with it.
size_t CommonPrefix(const std::vector<TensorSpec>& specs) {
  if (specs.empty()) return 0;
  std::string_view prefix = specs.front().name;
  for (const TensorSpec& spec : specs) {
    const auto [end, _] = std::ranges::mismatch(prefix, spec.name);
    prefix = prefix.substr(0, static_cast<size_t>(end - prefix.begin()));
  }
  return prefix.rfind('.') + 1;
}

Names NamesIn(const TensorSource& file) {
  const size_t prefix = CommonPrefix(file.Specs());
  Names names;
  for (const TensorSpec& spec : file.Specs()) {
    names.emplace(PatternOf(std::string_view{spec.name}.substr(prefix)),
                  spec.name);
  }
  return names;
}

Names NamesIn(const model::Config& config) {
  Names names;
  for (const auto& parameter : ParameterSpecs(config)) {
    names.emplace(PatternOf(parameter.spec.name), parameter.spec.name);
  }
  return names;
}

// The names in `a` with patterns that `b` does not have.
std::vector<std::string> Without(const Names& a, const Names& b) {
  std::vector<std::string> rest;
  for (const auto& [pattern, name] : a) {
    if (!b.contains(pattern)) rest.push_back(name);
  }
  return rest;
}

// "a, b, c and 3 more"
std::string ListOf(const std::vector<std::string>& names) {
  constexpr size_t kShown = 3;
  const size_t shown = std::min(names.size(), kShown);
  std::string list =
      fmt::format("{}", fmt::join(std::span(names).first(shown), ", "));
  return names.size() == shown
             ? list
             : fmt::format("{} and {} more", list, names.size() - shown);
}

std::string Describe(const Names& file, const model::Config& nearest) {
  const Names model = NamesIn(nearest);
  std::string text = fmt::format("nearest is {}", NameOf(nearest));
  if (const auto extra = Without(file, model); !extra.empty()) {
    text += "; only the file has " + ListOf(extra);
  }
  if (const auto lacking = Without(model, file); !lacking.empty()) {
    text += "; only the model has " + ListOf(lacking);
  }
  return text;
}

}  // namespace

std::string DescribeNearestModel(const TensorSource& file) {
  const Names names = NamesIn(file);
  const model::Config* nearest = nullptr;
  double best = 0.2;  // of all names that either has
  for (const model::Variant& variant : model::Variants()) {
    const Names model = NamesIn(variant.config);
    const size_t shared = model.size() - Without(model, names).size();
    const size_t all = names.size() + model.size() - shared;
    const double similarity =
        all == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(all);
    if (similarity <= best) continue;
    best = similarity;
    nearest = &variant.config;
  }
  return nearest == nullptr ? "" : Describe(names, *nearest);
}

}  // namespace wsel::pretrained
