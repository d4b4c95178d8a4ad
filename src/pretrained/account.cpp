#include "wsel/pretrained/account.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::pretrained {
namespace {

using Json = nlohmann::ordered_json;
using Out = std::back_insert_iterator<std::string>;

// Whether this is a whole model under unambiguous names.
bool IsCertain(const PretrainedCheckpoint& checkpoint) {
  return checkpoint.remapped.IsCertain() && checkpoint.model &&
         MissingKeys(checkpoint).empty();
}

// What running the model needs beside the weights, if it can be run.
std::optional<Facts> KnownFacts(const PretrainedCheckpoint& checkpoint) {
  if (!checkpoint.model) return std::nullopt;
  try {
    return FactsOf(checkpoint);
  } catch (const Error&) {
    return std::nullopt;  // the load report, or the metadata, shows why
  }
}

void AddSource(const Account& account, Out out) {
  const PretrainedCheckpoint& checkpoint = account.checkpoint;
  const naming::RemappedStateDict& remapped = checkpoint.remapped;
  if (remapped.source.empty()) return;
  fmt::format_to(out, "names      {}, {}\n", remapped.source,
                 account.certain ? "certain" : "likely");
  if (const auto copy = DescribeCopy(remapped); !copy.empty()) {
    fmt::format_to(out, "weights    {}\n", copy);
  }
  for (const std::string& warning : remapped.warnings) {
    fmt::format_to(out, "assumed    {}\n", warning);
  }
}

void AddModel(const Account& account, Out out) {
  const PretrainedCheckpoint& checkpoint = account.checkpoint;
  if (!checkpoint.model) {
    fmt::format_to(out, "model      unknown: {}\n", account.why_unknown);
    return;
  }
  const model::Config& config = checkpoint.model->config;
  fmt::format_to(
      out, "model      {}\n           {}\n           {:.3f} M parameters\n",
      NameOf(config), Describe(config),
      static_cast<double>(ParameterCount(config)) * 1e-6);
  for (const std::string& assumption : checkpoint.model->assumptions) {
    fmt::format_to(out, "assumed    {}\n", assumption);
  }
}

void AddFacts(const Account& account, Out out) {
  const std::optional<Facts>& facts = account.facts;
  if (!facts) return;
  fmt::format_to(out, "facts      {}\n", Describe(*facts));
  for (const std::string& remark : facts->remarks) {
    fmt::format_to(out, "remark     {}\n", remark);
  }
}

// Counts of used and ignored tensors, one line per reason with an example;
// unexpected and missing ones by name.
void AddLoadReport(const PretrainedCheckpoint& checkpoint, Out out) {
  const naming::RemappedStateDict& remapped = checkpoint.remapped;
  if (remapped.source.empty()) return;
  fmt::format_to(out, "used       {} tensors\n", remapped.used.size());
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const naming::UnusedKey& key : remapped.ignored) {
    by_reason[key.reason].push_back(key.name);
  }
  for (const auto& [reason, names] : by_reason) {
    fmt::format_to(
        out, "ignored    {}{}: {}\n", names.front(),
        names.size() == 1 ? "" : fmt::format(" and {} more", names.size() - 1),
        reason);
  }
  for (const naming::UnusedKey& key : remapped.unexpected) {
    fmt::format_to(out, "unexpected {}: {}\n", key.name, key.reason);
  }
  for (const std::string& name : MissingKeys(checkpoint)) {
    fmt::format_to(out, "missing    {}\n", name);
  }
}

void AddTensors(const TensorSource& file, const std::vector<Statistics>& stats,
                Out out) {
  size_t width = 0;
  for (const TensorSpec& spec : file.Specs()) {
    width = std::max(width, spec.name.size());
  }
  fmt::format_to(out, "tensors\n");
  for (size_t i = 0; i < file.Specs().size(); ++i) {
    const TensorSpec& spec = file.Specs()[i];
    fmt::format_to(out, "  {:{}}  {:8}  {}", spec.name, width, Name(spec.dtype),
                   FormatShape(spec.shape));
    if (!stats.empty()) {
      const Statistics& s = stats[i];
      fmt::format_to(
          out, "  min {:.4g}  max {:.4g}  mean {:.4g}  std {:.4g}  NaN {}",
          s.min, s.max, s.mean, s.std, s.nan_count);
    }
    fmt::format_to(out, "\n");
  }
}

// {name: reason} of tensors that are not used.
template <typename Tensors>
Json ReasonsJson(const Tensors& tensors) {
  Json json = Json::object();
  for (const auto& [name, reason] : tensors) json[name] = reason;
  return json;
}

Json NamesJson(const Account& account) {
  const PretrainedCheckpoint& checkpoint = account.checkpoint;
  const naming::RemappedStateDict& remapped = checkpoint.remapped;
  if (remapped.source.empty()) return nullptr;
  Json used = Json::object();
  for (const naming::UsedKey& key : remapped.used) used[key.name] = key.timm;
  return {{"source", remapped.source},
          {"certain", account.certain},
          {"other_copies", remapped.other_copies},
          {"warnings", remapped.warnings},
          {"used", used},
          {"ignored", ReasonsJson(remapped.ignored)},
          {"unexpected", ReasonsJson(remapped.unexpected)}};
}

// Of each tensor of the file.
Json TensorsJson(const Account& account) {
  Json tensors = Json::array();
  const std::vector<TensorSpec>& specs = account.checkpoint.file->Specs();
  for (size_t i = 0; i < specs.size(); ++i) {
    const TensorSpec& spec = specs[i];
    Json& tensor = tensors.emplace_back();
    tensor = {{"name", spec.name},
              {"dtype", Name(spec.dtype)},
              {"shape", spec.shape}};
    if (account.statistics.empty()) continue;
    const Statistics& s = account.statistics[i];
    tensor["stats"] = {{"min", s.min},
                       {"max", s.max},
                       {"mean", s.mean},
                       {"std", s.std},
                       {"nan_count", s.nan_count}};
  }
  return tensors;
}

}  // namespace

Account AccountOf(const PretrainedCheckpoint& checkpoint, bool statistics) {
  return {.checkpoint = checkpoint,
          .certain = IsCertain(checkpoint),
          .why_unknown = checkpoint.model ? "" : WhyUnknown(checkpoint),
          .facts = KnownFacts(checkpoint),
          .statistics = statistics ? AllStatisticsOf(*checkpoint.file)
                                   : std::vector<Statistics>()};
}

std::string AccountText(const Account& account) {
  std::string text;
  const Out out(text);
  const PretrainedCheckpoint& checkpoint = account.checkpoint;
  const checkpoint::Checkpoint& file = *checkpoint.file;
  fmt::format_to(out, "file       {}\ncontainer  {}, {:.1f} MB, {} tensors\n",
                 file.path().string(), Name(file.container()),
                 static_cast<double>(file.file_size()) * 1e-6,
                 file.Specs().size());
  AddSource(account, out);
  AddModel(account, out);
  AddFacts(account, out);
  AddLoadReport(checkpoint, out);
  for (const auto& [name, reason] : file.unsupported()) {
    fmt::format_to(out, "unsupported {}: {}\n", name, reason);
  }
  for (const auto& [key, value] : file.metadata()) {
    if (key == run::kModelKey) continue;
    fmt::format_to(out, "metadata   {}: {}\n", EscapeText(key),
                   EscapeText(value, value.size()));
  }
  AddTensors(file, account.statistics, out);
  return text;
}

Json ToJson(const Account& account) {
  const PretrainedCheckpoint& checkpoint = account.checkpoint;
  const checkpoint::Checkpoint& file = *checkpoint.file;
  Json json = {{"file", file.path().string()},
               {"container", Name(file.container())},
               {"size", file.file_size()},
               {"prefix", checkpoint.remapped.prefix},
               {"names", NamesJson(account)},
               {"model", nullptr},
               {"metadata", file.metadata()},
               {"unsupported", ReasonsJson(file.unsupported())},
               {"tensors", TensorsJson(account)}};
  if (checkpoint.model) {
    const model::Config& config = checkpoint.model->config;
    json["model"] = Json::parse(model::ToJson(config));
    json["parameters"] = ParameterCount(config);
    json["assumptions"] = checkpoint.model->assumptions;
    json["missing"] = MissingKeys(checkpoint);
    if (account.facts) {
      json["facts"] = ToJson(*account.facts);
      json["remarks"] = account.facts->remarks;
    }
  } else {
    json["unsupported_reason"] = account.why_unknown;
  }
  return json;
}

}  // namespace wsel::pretrained
