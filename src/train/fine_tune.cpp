#include "wsel/train/fine_tune.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <regex>
#include <string_view>

#include "wsel/core/check.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/optim/layer_ids.h"

namespace wsel::train {
namespace {

constexpr std::string_view kFreeze = "train.freeze";
constexpr std::string_view kFreezeEpochs = "train.freeze_epochs";

// "blocks.0-5" or "blocks:0-5": blocks 0 to 5.
struct Range {
  std::string prefix;  // "blocks."
  int64_t first = 0;
  int64_t last = 0;
};

std::optional<Range> RangeOf(const std::string& part) {
  static const std::regex kPattern(
      R"((blocks|stages)[.:](\d{1,9})(?:-(\d{1,9}))?)");
  std::smatch match;
  if (!std::regex_match(part, match, kPattern)) return std::nullopt;
  Range range;
  range.prefix = match.str(1) + ".";
  range.first = std::stoll(match.str(2));
  range.last = match[3].matched ? std::stoll(match.str(3)) : range.first;
  return range;
}

// The number of blocks or stages: those that begin with `prefix`.
int64_t CountOf(const std::vector<ParameterRule>& rules,
                const std::string& prefix) {
  int64_t count = 0;
  while (std::ranges::any_of(rules, [&](const ParameterRule& rule) {
    return rule.name.starts_with(fmt::format("{}{}.", prefix, count));
  })) {
    ++count;
  }
  return count;
}

void FreezeRange(std::vector<ParameterRule>& rules, const std::string& part,
                 const Range& range) {
  const int64_t count = CountOf(rules, range.prefix);
  if (count == 0) {
    throw Error(ErrorKind::kConfig, kFreeze, "'{}': the model has {}, no {}",
                part, range.prefix == "blocks." ? "stages" : "blocks",
                range.prefix.substr(0, range.prefix.size() - 1));
  }
  if (range.first > range.last || range.last >= count) {
    throw Error(ErrorKind::kConfig, kFreeze, "'{}': the model has {}0 to {}{}",
                part, range.prefix, range.prefix, count - 1);
  }
  for (int64_t i = range.first; i <= range.last; ++i) {
    const std::string prefix = fmt::format("{}{}.", range.prefix, i);
    for (ParameterRule& rule : rules) {
      if (rule.name.starts_with(prefix)) rule.frozen = true;
    }
  }
}

void FreezeMatches(std::vector<ParameterRule>& rules, const std::string& part) {
  bool found = false;
  for (ParameterRule& rule : rules) {
    if (fnmatch(part.c_str(), rule.name.c_str(), 0) != 0) continue;
    found = rule.frozen = true;
  }
  if (found) return;
  std::vector<std::string> known = {"backbone", "all-but-head", "stem", "embed",
                                    "head"};
  for (const ParameterRule& rule : rules) known.push_back(rule.name);
  const auto near = Nearest(part, known);
  throw Error(
      ErrorKind::kConfig, kFreeze,
      "'{}' matches no parameter{}: give backbone, head, stem, a range such "
      "as blocks.0-5 or stages.0, or a pattern of names such as "
      "blocks.*.attn.*",
      part, near ? fmt::format("; did you mean '{}'?", *near) : "");
}

void Freeze(std::vector<ParameterRule>& rules, const std::string& part,
            const std::vector<int64_t>& layers) {
  if (part == "backbone" || part == "all-but-head") {
    for (ParameterRule& rule : rules) rule.frozen |= rule.backbone;
  } else if (part == "stem" || part == "embed") {
    for (size_t i = 0; i < rules.size(); ++i) {
      rules[i].frozen |= layers[i] == 0;
    }
  } else if (part == "head") {
    for (ParameterRule& rule : rules) rule.frozen |= !rule.backbone;
  } else if (const auto range = RangeOf(part)) {
    FreezeRange(rules, part, *range);
  } else {
    FreezeMatches(rules, part);
  }
}

// While the backbone is frozen too, a step would have no gradient to compute.
void CheckSomeTrained(const std::vector<ParameterRule>& rules,
                      const FineTuneOptions& options) {
  if (std::ranges::all_of(rules, &ParameterRule::frozen)) {
    throw Error(ErrorKind::kConfig, kFreeze,
                "'{}' leaves no parameter to train",
                fmt::join(options.freeze, ","));
  }
  if (options.freeze_epochs == 0) return;
  const auto waits = [](const ParameterRule& rule) {
    return rule.backbone || rule.frozen;
  };
  if (std::ranges::all_of(rules, waits)) {
    throw Error(ErrorKind::kConfig, kFreezeEpochs,
                "is {}: the first epochs train only the classifier, which "
                "train.freeze '{}' freezes; set train.freeze_epochs=0, or "
                "leave the classifier out of train.freeze",
                options.freeze_epochs, fmt::join(options.freeze, ","));
  }
}

}  // namespace

void Validate(const FineTuneOptions& options, int64_t epochs, double lr) {
  CheckBetween(kFreezeEpochs, options.freeze_epochs, 0, epochs);
  CheckRealBetween("optimizer.layer_decay", options.layer_decay, 1e-3, 1);
  CheckNotNegative("optimizer.head_lr", options.head_lr);
  if (options.head_lr > 0 && lr == 0) {
    throw Error(ErrorKind::kConfig, "optimizer.head_lr",
                "follows the schedule of optimizer.lr, which is 0; to train "
                "only the head, use train.freeze=[\"backbone\"]");
  }
}

std::vector<ParameterRule> ParameterRules(const model::Config& config,
                                          const FineTuneOptions& options,
                                          double lr) {
  std::vector<ParameterRule> rules;
  std::vector<std::string> names;
  for (const model::ParameterSpec& spec : model::ParameterSpecs(config)) {
    names.push_back(spec.spec.name);
    rules.push_back({.name = spec.spec.name,
                     .backbone = spec.component != model::Component::kHead});
  }
  const auto layers = optim::LayerIds(names);
  const int64_t last = layers.empty() ? 0 : *std::ranges::max_element(layers);
  for (size_t i = 0; i < rules.size(); ++i) {
    ParameterRule& rule = rules[i];
    rule.lr_scale = std::pow(options.layer_decay, last - layers[i]);
    if (!rule.backbone && options.head_lr > 0) {
      rule.lr_scale = options.head_lr / lr;
    }
  }
  for (const std::string& part : options.freeze) Freeze(rules, part, layers);
  CheckSomeTrained(rules, options);
  return rules;
}

int64_t TrainedParameterCount(const model::Config& config,
                              const FineTuneOptions& options) {
  const auto specs = model::ParameterSpecs(config);
  const auto rules = ParameterRules(config, options, /*lr=*/1);
  int64_t count = 0;
  for (size_t i = 0; i < specs.size(); ++i) {
    if (!rules[i].frozen) count += Numel(specs[i].spec.shape).value();
  }
  return count;
}

}  // namespace wsel::train
