#include "wsel/pretrained/facts.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "wsel/core/error.h"
#include "wsel/core/json_object.h"
#include "wsel/model/config.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::pretrained {
namespace {

using Rgb = std::array<double, 3>;

// "[0.5,0.5,0.5]"
Rgb ParseRgb(const std::string& json, const std::string& where) {
  const auto value = ParseJson(json, where, ErrorKind::kFormat);
  const bool valid =
      value.is_array() && value.size() == 3 &&
      std::ranges::all_of(value, [](const auto& x) { return x.is_number(); });
  if (!valid) {
    throw Error(ErrorKind::kFormat, where, "expected three values, not {}",
                json);
  }
  return value.get<Rgb>();
}

RgbFact Decide(const PretrainedCheckpoint& checkpoint, const char* key,
               const std::optional<Rgb>& given,
               const std::optional<Rgb>& library, const Rgb& assumed) {
  if (given) return {*given, FactSource::kGiven};
  const auto& metadata = checkpoint.file->metadata();
  if (const auto found = metadata.find(key); found != metadata.end()) {
    const std::string path = checkpoint.file->path().string();
    return {ParseRgb(found->second, path + ": " + key), FactSource::kMetadata};
  }
  if (library) return {*library, FactSource::kLibrary};
  return {assumed, FactSource::kAssumed};
}

const char* Name(FactSource source) {
  constexpr std::array kNames = {"given", "metadata", "source library",
                                 "assumed"};
  return kNames.at(static_cast<size_t>(source));
}

std::string Describe(const RgbFact& fact) {
  return fmt::format("{} ({})", nlohmann::json(fact.values).dump(),
                     Name(fact.source));
}

}  // namespace

MeanStd MeanStdOf(const PretrainedCheckpoint& checkpoint,
                  const GivenFacts& given) {
  const naming::PretrainedCfg& cfg = checkpoint.remapped.pretrained_cfg;
  return {
      Decide(checkpoint, run::kMeanKey, given.mean, cfg.mean,
             given.assumed.mean),
      Decide(checkpoint, run::kStdKey, given.std, cfg.std, given.assumed.std)};
}

void AddMeanStd(const PretrainedCheckpoint& checkpoint,
                std::map<std::string, std::string>& metadata) {
  const MeanStd known = MeanStdOf(checkpoint);
  for (const auto& [key, fact] : {std::pair(run::kMeanKey, &known.mean),
                                  std::pair(run::kStdKey, &known.std)}) {
    if (fact->source == FactSource::kAssumed) continue;
    metadata[key] = nlohmann::json(fact->values).dump();
  }
}

Facts FactsOf(const PretrainedCheckpoint& checkpoint, const GivenFacts& given) {
  const model::Config& found = RequireModel(checkpoint).config;
  Facts facts;
  facts.mean_std = MeanStdOf(checkpoint, given);
  if (!given.model) {
    facts.model = found;
    facts.model_source = checkpoint.file->metadata().contains(run::kModelKey)
                             ? FactSource::kMetadata
                             : FactSource::kLibrary;
    return facts;
  }
  facts.model = *given.model;
  facts.model_source = FactSource::kGiven;
  facts.differences = ForwardDifferences(found, facts.model);
  return facts;
}

std::string Describe(const Facts& facts) {
  return fmt::format("images of {} px, mean {}, std {}, {} ({})",
                     ImageSize(facts.model), Describe(facts.mean_std.mean),
                     Describe(facts.mean_std.std), DescribeForward(facts.model),
                     Name(facts.model_source));
}

void LogFacts(const Facts& facts, const std::string& path) {
  for (const std::string& clause : facts.differences) {
    spdlog::warn("{}: the weights were trained with {} as in {}", path, clause,
                 NameOf(facts.model));
  }
  spdlog::info("{}: {}", path, Describe(facts));
}

}  // namespace wsel::pretrained
