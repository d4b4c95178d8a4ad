#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "wsel/cli/commands.h"
#include "wsel/cli/weights.h"
#include "wsel/core/error.h"
#include "wsel/core/parallel.h"
#include "wsel/model/config_json.h"
#include "wsel/model/layout.h"
#include "wsel/tensor/statistics.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InspectArgs {
  std::string file;
  bool stats = false;
  bool json = false;
};

// One for each tensor of the file, or none where they were not asked for.
std::vector<Statistics> AllStatistics(const TensorSource& file, bool wanted) {
  std::vector<Statistics> all(wanted ? file.Specs().size() : 0);
  ParallelFor(all.size(), [&](size_t i) {
    const std::string& name = file.Specs()[i].name;
    all[i] = StatisticsOf(file.View(name));
    file.Drop(name);
  });
  return all;
}

std::string DescribeModel(const model::VitConfig& c) {
  std::string text = fmt::format(
      "ViT: width {}, depth {}, {} heads, patch {}, image {}, {} classes",
      c.embed_dim, c.depth, c.num_heads, c.patch_size, c.img_size,
      c.num_classes);
  if (c.pooling != model::Pooling::kToken) text += ", average pooling";
  if (c.dist_token) text += ", distillation token";
  if (c.reg_tokens > 0) text += fmt::format(", {} registers", c.reg_tokens);
  if (c.no_embed_class) text += ", prefix tokens without position";
  if (c.pre_norm) text += ", norm before the blocks";
  if (c.layer_scale != 0) text += ", layer scale";
  if (c.activation == model::Activation::kQuickGelu) text += ", QuickGELU";
  if (c.norm_eps != 1e-6) text += fmt::format(", eps {:g}", c.norm_eps);
  return text;
}

std::string DescribeModel(const model::ConvNextConfig& c) {
  return fmt::format("ConvNeXt: widths {}, depths {}, patch {}, {} classes{}",
                     fmt::join(c.dims, "/"), fmt::join(c.depths, "/"),
                     c.patch_size, c.num_classes,
                     c.head_norm_first ? ", norm before pooling" : "");
}

std::string Megabytes(uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) * 1e-6);
}

void PrintSource(const naming::Adapted& adapted) {
  if (adapted.source.empty()) return;
  fmt::print("names      {}, {}\n", adapted.source,
             adapted.IsCertain() ? "certain" : "likely");
  if (!adapted.prefix.empty()) {
    fmt::print("weights    under '{}'\n", adapted.prefix);
  }
  for (const std::string& doubt : adapted.doubts) {
    fmt::print("assumed    {}\n", doubt);
  }
}

void PrintModel(const Weights& weights) {
  if (!weights.model) {
    fmt::print("model      {}\n",
               weights.refusal.empty()
                   ? "no ViT or ConvNeXt under names that are known here"
                   : weights.refusal);
    return;
  }
  const model::Config& config = weights.model->config;
  fmt::print("model      {}\n           {}\n           {:.3f} M parameters\n",
             NameOf(config),
             std::visit([](const auto& c) { return DescribeModel(c); }, config),
             static_cast<double>(ParameterCount(config)) * 1e-6);
  for (const std::string& assumption : weights.model->assumptions) {
    fmt::print("assumed    {}\n", assumption);
  }
}

// What became of each tensor: a line a reason, with the first that has it.
void PrintAccount(const Weights& weights) {
  const naming::Adapted& adapted = weights.adapted;
  if (adapted.source.empty()) return;
  fmt::print("used       {} tensors\n", adapted.used.size());
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const naming::Unused& unused : adapted.ignored) {
    by_reason[unused.reason].push_back(unused.name);
  }
  for (const auto& [reason, names] : by_reason) {
    fmt::print(
        "ignored    {}{}: {}\n", names.front(),
        names.size() == 1 ? "" : fmt::format(" and {} more", names.size() - 1),
        reason);
  }
  for (const naming::Unused& unused : adapted.refused) {
    fmt::print("refused    {}: {}\n", unused.name, unused.reason);
  }
  for (const std::string& name : MissingTensors(weights)) {
    fmt::print("missing    {}\n", name);
  }
}

void PrintUnread(const checkpoint::Checkpoint& file) {
  for (const checkpoint::Unread& unread : file.unread()) {
    fmt::print("unread     {}: {}\n", unread.name, unread.reason);
  }
}

void PrintTensors(const TensorSource& file,
                  const std::vector<Statistics>& stats) {
  size_t width = 0;
  for (const TensorSpec& spec : file.Specs()) {
    width = std::max(width, spec.name.size());
  }
  fmt::print("tensors\n");
  for (size_t i = 0; i < file.Specs().size(); ++i) {
    const TensorSpec& spec = file.Specs()[i];
    fmt::print("  {:{}}  {:8}  {}", spec.name, width, Name(spec.dtype),
               FormatShape(spec.shape));
    if (!stats.empty()) {
      const Statistics& s = stats[i];
      fmt::print("  min {:.4g}  max {:.4g}  mean {:.4g}  std {:.4g}  NaN {}",
                 s.min, s.max, s.mean, s.std, s.nan_count);
    }
    fmt::print("\n");
  }
}

void PrintText(const Weights& weights, const std::vector<Statistics>& stats) {
  const checkpoint::Checkpoint& file = *weights.file;
  fmt::print("file       {}\ncontainer  {}, {}, {} tensors\n",
             file.path().string(), Name(file.container()),
             Megabytes(file.file_size()), file.Specs().size());
  PrintSource(weights.adapted);
  PrintModel(weights);
  PrintAccount(weights);
  PrintUnread(file);
  for (const auto& [key, value] : file.metadata()) {
    if (key != kModelKey) fmt::print("metadata   {}: {}\n", key, value);
  }
  PrintTensors(file, stats);
}

Json TensorJson(const TensorSpec& spec) {
  return {
      {"name", spec.name}, {"dtype", Name(spec.dtype)}, {"shape", spec.shape}};
}

Json StatsJson(const Statistics& s) {
  return {{"min", s.min},
          {"max", s.max},
          {"mean", s.mean},
          {"std", s.std},
          {"nan_count", s.nan_count}};
}

Json ReasonsJson(const std::vector<naming::Unused>& unused) {
  Json json = Json::object();
  for (const naming::Unused& one : unused) json[one.name] = one.reason;
  return json;
}

Json UnreadJson(const checkpoint::Checkpoint& file) {
  Json json = Json::object();
  for (const auto& [name, reason] : file.unread()) json[name] = reason;
  return json;
}

Json NamesJson(const naming::Adapted& adapted) {
  if (adapted.source.empty()) return nullptr;
  Json used = Json::object();
  for (const naming::Used& one : adapted.used) used[one.name] = one.timm;
  return {{"source", adapted.source},
          {"certain", adapted.IsCertain()},
          {"doubts", adapted.doubts},
          {"used", used},
          {"ignored", ReasonsJson(adapted.ignored)},
          {"refused", ReasonsJson(adapted.refused)}};
}

Json AsJson(const Weights& weights, const std::vector<Statistics>& stats) {
  const checkpoint::Checkpoint& file = *weights.file;
  Json json = {{"file", file.path().string()},
               {"container", Name(file.container())},
               {"size", file.file_size()},
               {"prefix", weights.adapted.prefix},
               {"names", NamesJson(weights.adapted)},
               {"model", nullptr},
               {"metadata", file.metadata()},
               {"unread", UnreadJson(file)},
               {"tensors", Json::array()}};
  if (weights.model) {
    const model::Config& config = weights.model->config;
    json["model"] = Json::parse(model::ToJson(config));
    json["parameters"] = ParameterCount(config);
    json["assumptions"] = weights.model->assumptions;
    json["missing"] = MissingTensors(weights);
  } else {
    json["refusal"] = weights.refusal;
  }
  for (size_t i = 0; i < file.Specs().size(); ++i) {
    Json tensor = TensorJson(file.Specs()[i]);
    if (!stats.empty()) tensor["stats"] = StatsJson(stats[i]);
    json["tensors"].push_back(std::move(tensor));
  }
  return json;
}

void RunInspect(const InspectArgs& args) {
  if (args.file.empty()) {
    throw Error(ErrorKind::kUsage, "FILE", "is missing: the checkpoint");
  }
  const Weights weights = OpenWeights(args.file);
  const auto stats = AllStatistics(*weights.file, args.stats);
  if (args.json) {
    fmt::print("{}\n", AsJson(weights, stats).dump(1));
  } else {
    PrintText(weights, stats);
  }
}

}  // namespace

void AddInspect(CLI::App& app, const Invocation&) {
  const auto args = std::make_shared<InspectArgs>();
  CLI::App* c = app.add_subcommand(
      "inspect", "Say what a checkpoint holds: container, model, tensors");
  c->add_option("FILE", args->file, "Checkpoint");
  c->add_flag("--stats", args->stats,
              "Min, max, mean, std and NaN count of each tensor");
  c->add_flag("--json", args->json, "Print JSON");
  c->callback([args] { RunInspect(*args); });
}

}  // namespace wsel::cli
