#include "wsel/pretrained/facts.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "part_of_model.h"
#include "published_facts.h"
#include "wsel/core/error.h"
#include "wsel/core/json_object.h"
#include "wsel/image/channels.h"
#include "wsel/image/normalisation.h"
#include "wsel/model/config.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/recorded_recipe.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::pretrained {
namespace {

using Json = nlohmann::ordered_json;
using image::ChannelValues;
using image::Interpolation;

// How many there are of such images.
size_t CountOf(int64_t in_chans) {
  return static_cast<size_t>(
      image::ChannelsInMemory(static_cast<int>(in_chans)));
}

// Whether there is one for each channel, or one for all; three are RGB's.
bool CanBeOf(int64_t in_chans, size_t count) {
  return count == 1 || count == 3 || count == CountOf(in_chans);
}

// "[0.5,0.5,0.5]", or "[0.5]" of grey images
ChannelValues ParseValues(const std::string& json, const std::string& where,
                          int64_t in_chans) {
  const auto value = ParseJson(json, where, ErrorKind::kFormat);
  const bool valid =
      value.is_array() && CanBeOf(in_chans, value.size()) &&
      std::ranges::all_of(value, [](const auto& x) { return x.is_number(); });
  if (!valid) {
    throw Error(ErrorKind::kFormat, where,
                "expected {} values, or one for all channels, not {}",
                CountOf(in_chans), json);
  }
  return value.get<ChannelValues>();
}

const char* Name(FactSource source) {
  constexpr std::array kNames = {
      "given",     "metadata",       "a file beside it",
      "file name", "source library", "assumed"};
  return kNames.at(static_cast<size_t>(source));
}

template <typename T>
std::string SourceOf(const Fact<T>& fact) {
  if (fact.detail.empty()) return Name(fact.source);
  if (fact.source == FactSource::kBeside || fact.source == FactSource::kName) {
    return fact.detail;
  }
  return fmt::format("{}, not {}", Name(fact.source), fact.detail);
}

// "0.9 (config.json)"
template <typename T>
std::string Describe(const Fact<T>& fact) {
  return fmt::format("{} ({})", FactText(fact.value), SourceOf(fact));
}

template <typename T>
Fact<T> Decide(const std::optional<T>& given, Fact<T> known) {
  if (!given) return known;
  const bool replaces =
      known.source != FactSource::kAssumed && known.value != *given;
  return {*given, FactSource::kGiven, replaces ? Describe(known) : ""};
}

// "vit-mae-base" of ".../models--facebook--vit-mae-base/snapshots/1/m.pth", and
// other names that say where weights are from, as lower-case words.
std::vector<std::string> WordsOf(const std::filesystem::path& path) {
  std::string text =
      path.filename().string() + "/" + path.parent_path().filename().string();
  for (const auto& part : path) {
    if (part.string().starts_with("models--")) text += "/" + part.string();
  }
  std::vector<std::string> words(1);
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0) {
      words.back() += static_cast<char>(std::tolower(c));
    } else {
      words.emplace_back();
    }
  }
  return words;
}

// From the name: AugReg's images have a mean of 0.5; DeiT, DINO and MAE,
// which Hugging Face's library builds as its ViT, have ImageNet's.
std::optional<image::Normalisation> ByName(
    const PretrainedCheckpoint& checkpoint) {
  const auto words = WordsOf(checkpoint.file->path());
  const auto has = [&](const char* word) {
    return std::ranges::find(words, word) != words.end();
  };
  if (has("augreg")) {
    return image::Normalisation{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, 3};
  }
  const bool hf = checkpoint.remapped.source.starts_with("Hugging Face ViT");
  if (hf && (has("deit") || has("dino") || has("mae"))) {
    return image::Normalisation{};
  }
  return std::nullopt;
}

template <typename T>
Fact<T> FactOf(const Stated<T>& stated) {
  return {stated.value,
          stated.by_name ? FactSource::kName : FactSource::kBeside,
          stated.file};
}

// The mean or the std, if neither the file nor one beside it states it.
struct UsualValues {
  std::optional<ChannelValues> value;
  FactSource source = FactSource::kLibrary;
  ChannelValues assumed;
};

void RequireStd(const ChannelValues& values, const std::string& where,
                ErrorKind kind) {
  if (image::IsStd(values)) return;
  throw Error(kind, where, "is {}; a std must be above 0", FactText(values));
}

ChannelFact KnownValues(const PretrainedCheckpoint& checkpoint, const char* key,
                        const std::optional<Stated<ChannelValues>>& beside,
                        const UsualValues& usual, int64_t in_chans) {
  const auto& metadata = checkpoint.file->metadata();
  if (const auto found = metadata.find(key); found != metadata.end()) {
    const std::string where =
        fmt::format("{}: {}", checkpoint.file->path().string(), key);
    const ChannelValues values = ParseValues(found->second, where, in_chans);
    if (std::string_view(key) == run::kStdKey)
      RequireStd(values, where, ErrorKind::kFormat);
    return {values, FactSource::kMetadata};
  }
  if (beside && CanBeOf(in_chans, beside->value.size())) {
    return FactOf(*beside);
  }
  if (usual.value) return {*usual.value, usual.source};
  return {usual.assumed, FactSource::kAssumed};
}

template <typename T>
Fact<T> KnownOf(const std::optional<T>& recorded,
                const std::optional<Stated<T>>& beside, const T& assumed) {
  if (recorded) return {*recorded, FactSource::kMetadata};
  if (beside) return FactOf(*beside);
  return {assumed, FactSource::kAssumed};
}

std::optional<double> RecordedCrop(const RecordedRecipe& recipe) {
  const Json json = recipe.Value("evaluation", "crop_pct");
  if (json.is_null()) return std::nullopt;
  const double crop = json.is_number() ? json.get<double>() : 0;
  if (crop > 0 && crop <= 1) return crop;
  throw Error(ErrorKind::kFormat, recipe.Where("evaluation", "crop_pct"),
              "is {}, not a share of an image", json.dump());
}

// Older runs record neither: they did as `older`.
template <typename E>
std::optional<E> RecordedName(const RecordedRecipe& recipe,
                              const Registry<E>& names,
                              const std::string& section,
                              const std::string& key, E older) {
  if (!recipe.exists()) return std::nullopt;
  return recipe.Named(names, section, key).value_or(older);
}

// What a given model contradicts of what is known of the file's, rather than
// guessed.
std::vector<std::string> ContradictedBy(const PretrainedCheckpoint& checkpoint,
                                        model::Config given) {
  if (!checkpoint.model) return {};
  model::Config known = checkpoint.model->config;
  const bool recorded = checkpoint.file->metadata().contains(run::kModelKey);
  if (!recorded && known.index() == given.index()) {
    const Beside& beside = checkpoint.beside;
    const model::ConfigFields ours = FieldsOf(known);
    const model::ConfigFields theirs = FieldsOf(given);
    const model::Hints& stated = checkpoint.stated;
    if (!stated.norm_eps && !beside.norm_eps &&
        !checkpoint.remapped.pretrained_cfg.norm_eps) {
      ours.norm_eps = theirs.norm_eps;
    }
    if (!stated.activation && !beside.activation &&
        ours.activation != nullptr) {
      *ours.activation = *theirs.activation;
    }
  }
  return ForwardDifferences(known, given);
}

// Whether and where a neighbour or the checkpoint's name states something of
// the forward pass; a neighbour comes first.
Fact<bool> FileThatStates(const Beside& beside) {
  Fact<bool> found = {false};
  const auto add = [&](const auto& stated) {
    if (!stated || (found.value && stated->by_name)) return;
    found = {true, FactOf(*stated).source, stated->file};
  };
  add(beside.norm_eps);
  add(beside.activation);
  add(beside.num_heads);
  return found;
}

// The model, and what it contradicts.
void SetModel(const PretrainedCheckpoint& checkpoint, const GivenFacts& given,
              Facts& facts) {
  const bool recorded = checkpoint.file->metadata().contains(run::kModelKey);
  const Beside& beside = checkpoint.beside;
  if (!given.model) {
    facts.model = RequireModel(checkpoint).config;
    const model::Hints& by_module = checkpoint.stated;
    const bool from_module =
        by_module.norm_eps || by_module.activation || by_module.num_heads;
    const Fact<bool> stated = FileThatStates(beside);
    facts.model_source = recorded || from_module ? FactSource::kMetadata
                         : stated.value          ? stated.source
                                                 : FactSource::kLibrary;
    if (facts.model_source == FactSource::kName) {
      facts.model_detail = stated.detail;
    }
    return;
  }
  if (checkpoint.remapped.source.empty()) RequireModel(checkpoint);
  RequireSupportedKeys(checkpoint);
  facts.model = *given.model;
  const int64_t classes = ClassifierOutputs(*checkpoint.remapped.tensors);
  if (classes != NumClasses(facts.model)) {
    facts.note =
        fmt::format("its classifier has {} outputs, not {} as in {}", classes,
                    NumClasses(facts.model), NameOf(facts.model));
  }
  SetNumClasses(facts.model, classes);
  const std::string part = PartOfModel(*checkpoint.file);
  if (!part.empty() && !MissingKeys(checkpoint, facts.model).empty()) {
    throw Error(ErrorKind::kMismatch, checkpoint.file->path().string(), part);
  }
  facts.model_source = FactSource::kGiven;
  facts.differences = ContradictedBy(checkpoint, facts.model);
}

// "crop 0.9 (config.json), bicubic (assumed)", or what counts at this size.
std::string DescribeCrop(const Facts& facts) {
  const image::EvalResize resizing = facts.Resizing();
  if (resizing == image::EvalResize::kNone) return "cropped without resizing";
  std::string interpolation = Describe(facts.interpolation);
  if (facts.pass_order.source != FactSource::kAssumed) {
    interpolation += " as " + Describe(facts.pass_order);
  }
  if (resizing == image::EvalResize::kWhole) {
    return "resized whole, " + interpolation;
  }
  const std::string squash = resizing == image::EvalResize::kSquash
                                 ? Describe(facts.crop_mode) + ", "
                                 : "";
  return fmt::format("{}crop {}, {}", squash, Describe(facts.crop_pct),
                     interpolation);
}

std::string ModelSource(const Facts& facts) {
  return facts.model_detail.empty() ? Name(facts.model_source)
                                    : facts.model_detail;
}

// A given "NAME.TAG" gives the images of these published weights, too.
GivenFacts WithTag(GivenFacts given) {
  const auto published =
      given.model ? FindPublished(NameOf(*given.model)) : std::nullopt;
  if (!published || published->tag == nullptr) return given;
  const Beside images = ImageFactsOf(*published);
  const auto fill = [](auto& value, const auto& stated) {
    if (!value && stated) value = stated->value;
  };
  fill(given.mean, images.mean);
  fill(given.std, images.std);
  fill(given.crop_pct, images.crop_pct);
  fill(given.interpolation, images.interpolation);
  fill(given.crop_mode, images.crop_mode);
  return given;
}

// As WithChannels; `rgb`: what is assumed of RGB images.
ChannelFact OfChannels(ChannelFact fact, int64_t in_chans,
                       const ChannelValues& rgb) {
  constexpr double kAssumed = 0.5;
  const size_t count = CountOf(in_chans);
  if (image::IsUniform(fact.value)) {
    fact.value.assign(count, fact.value.front());
    return fact;
  }
  if (fact.value.size() == count && in_chans != 1) return fact;
  if (in_chans == 3) return {rgb, FactSource::kAssumed};
  const double value = in_chans == 1 ? image::GreyValue(fact.value) : kAssumed;
  return {ChannelValues(count, value), FactSource::kAssumed};
}

// Errors: kUsage, at the option's name, for values that are not those of such
// images.
std::optional<ChannelValues> Expanded(const std::optional<ChannelValues>& given,
                                      int64_t in_chans, const char* name) {
  if (!given) return std::nullopt;
  return image::ForChannels(*given, in_chans, name, ErrorKind::kUsage);
}

std::optional<ChannelValues> ValuesOf(
    const std::optional<std::array<double, 3>>& rgb) {
  if (!rgb) return std::nullopt;
  return ChannelValues(rgb->begin(), rgb->end());
}

// That of the model, if it is known.
int64_t InChansOf(const PretrainedCheckpoint& checkpoint,
                  const GivenFacts& given) {
  if (given.model) return InChans(*given.model);
  return checkpoint.model ? InChans(checkpoint.model->config) : 3;
}

template <typename T>
Json JsonOf(const Fact<T>& fact, Json value) {
  return {{"value", std::move(value)}, {"source", SourceOf(fact)}};
}

}  // namespace

MeanStd MeanStdOf(const PretrainedCheckpoint& checkpoint,
                  const GivenFacts& user_gives) {
  const int64_t in_chans =
      InChansOf(checkpoint, user_gives);  // a tag changes no model
  GivenFacts expanded = user_gives;
  expanded.mean = Expanded(user_gives.mean, in_chans, "mean");
  expanded.std = Expanded(user_gives.std, in_chans, "std");
  if (expanded.std) RequireStd(*expanded.std, "std", ErrorKind::kUsage);
  const GivenFacts given = WithTag(expanded);
  const naming::PretrainedCfg& cfg = checkpoint.remapped.pretrained_cfg;
  const Beside& beside = checkpoint.beside;
  const auto named = ByName(checkpoint);
  const auto source = named ? FactSource::kName : FactSource::kLibrary;
  const UsualValues mean = {
      named ? std::optional(named->mean) : ValuesOf(cfg.mean), source,
      given.assumed.mean};
  const UsualValues std = {
      named ? std::optional(named->std) : ValuesOf(cfg.std), source,
      given.assumed.std};
  return WithChannels(
      {Decide(given.mean, KnownValues(checkpoint, run::kMeanKey, beside.mean,
                                      mean, in_chans)),
       Decide(given.std, KnownValues(checkpoint, run::kStdKey, beside.std, std,
                                     in_chans))},
      in_chans);
}

std::vector<double> PerChannel(const ChannelValues& values, int64_t in_chans) {
  if (in_chans == 1) return {values.front()};
  return values;
}

MeanStd WithChannels(MeanStd known, int64_t in_chans) {
  const image::Normalisation imagenet;
  known.mean = OfChannels(std::move(known.mean), in_chans, imagenet.mean);
  known.std = OfChannels(std::move(known.std), in_chans, imagenet.std);
  known.in_chans = in_chans;
  return known;
}

void AddMeanStd(const MeanStd& known,
                std::map<std::string, std::string>& metadata) {
  for (const auto& [key, fact] : {std::pair(run::kMeanKey, &known.mean),
                                  std::pair(run::kStdKey, &known.std)}) {
    if (fact->source == FactSource::kAssumed) continue;
    metadata[key] = FactText(fact->value);
  }
}

std::string FactText(const ChannelValues& value) { return Json(value).dump(); }
std::string FactText(double value) { return fmt::format("{:g}", value); }
std::string FactText(Interpolation value) {
  return std::string(image::Interpolations().NameOf(value));
}
std::string FactText(image::CropMode value) {
  return std::string(image::CropModes().NameOf(value));
}
std::string FactText(image::PassOrder value) {
  return std::string(image::PassOrders().NameOf(value));
}

Facts FactsOf(const PretrainedCheckpoint& checkpoint,
              const GivenFacts& user_gives) {
  const GivenFacts given = WithTag(user_gives);
  const Beside& beside = checkpoint.beside;
  Facts facts;
  SetModel(checkpoint, given, facts);
  facts.mean_std = MeanStdOf(checkpoint, user_gives);
  const RecordedRecipe recipe(checkpoint);
  facts.crop_pct = Decide(
      given.crop_pct, KnownOf(RecordedCrop(recipe), beside.crop_pct, 0.875));
  facts.interpolation = Decide(
      given.interpolation,
      KnownOf(
          recipe.Named(image::Interpolations(), "evaluation", "interpolation"),
          beside.interpolation, Interpolation::kBicubic));
  facts.crop_mode =
      Decide(given.crop_mode,
             KnownOf(RecordedName(recipe, image::CropModes(), "evaluation",
                                  "crop_mode", image::CropMode::kAuto),
                     beside.crop_mode, image::CropMode::kAuto));
  facts.pass_order = Decide(
      given.pass_order, KnownOf<image::PassOrder>(
                            RecordedName(recipe, image::PassOrders(), "data",
                                         "resize", image::PassOrder::kPillow12),
                            std::nullopt, image::PassOrder::kPillow13));
  facts.remarks = beside.remarks;
  return facts;
}

void CheckCrop(const GivenFacts& given, const Facts& facts) {
  if (!given.crop_pct || HasCrop(facts.Resizing())) return;
  throw Error(ErrorKind::kUsage, "crop_pct",
              "has no effect on images of {} px: {}; leave it out, or choose "
              "crop_mode center",
              ImageSize(facts.model), image::DescribeAutoCrop());
}

std::string Describe(const MeanStd& facts) {
  const auto describe = [&](ChannelFact fact) {
    fact.value = PerChannel(fact.value, facts.in_chans);
    return Describe(fact);
  };
  return fmt::format("mean {}, std {}", describe(facts.mean),
                     describe(facts.std));
}

std::string Describe(const Facts& facts) {
  return fmt::format("images of {} px, {}, {}, {} ({})", ImageSize(facts.model),
                     DescribeCrop(facts), Describe(facts.mean_std),
                     DescribeForward(facts.model), ModelSource(facts));
}

nlohmann::ordered_json ToJson(const MeanStd& facts) {
  return {
      {"mean",
       JsonOf(facts.mean, PerChannel(facts.mean.value, facts.in_chans))},
      {"std", JsonOf(facts.std, PerChannel(facts.std.value, facts.in_chans))}};
}

nlohmann::ordered_json ToJson(const Facts& facts) {
  Json json = {
      {"img_size", ImageSize(facts.model)},
      {"crop_pct", JsonOf(facts.crop_pct, facts.crop_pct.value)},
      {"interpolation",
       JsonOf(facts.interpolation, FactText(facts.interpolation.value))},
      {"crop_mode", JsonOf(facts.crop_mode, FactText(facts.crop_mode.value))},
      {"resize", JsonOf(facts.pass_order, FactText(facts.pass_order.value))}};
  json.update(ToJson(facts.mean_std));
  json["model"] = {{"value", DescribeForward(facts.model)},
                   {"source", ModelSource(facts)}};
  return json;
}

void LogWarnings(const Facts& facts, const std::string& path) {
  for (const std::string& clause : facts.differences) {
    spdlog::warn("{}: the weights were trained with {} as in {}", path, clause,
                 NameOf(facts.model));
  }
  for (const std::string& remark : facts.remarks) {
    spdlog::warn("{}: {}", path, remark);
  }
  if (!facts.note.empty()) spdlog::info("{}: {}", path, facts.note);
}

void LogFacts(const Facts& facts, const std::string& path) {
  LogWarnings(facts, path);
  spdlog::info("{}: {}", path, Describe(facts));
}

}  // namespace wsel::pretrained
