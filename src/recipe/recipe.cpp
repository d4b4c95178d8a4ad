#include "wsel/recipe/recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <tuple>
#include <type_traits>

#include "fields.h"
#include "timm_options.h"
#include "wsel/core/check.h"
#include "wsel/core/json_object.h"
#include "wsel/core/registry.h"
#include "wsel/core/sha256.h"
#include "wsel/core/utf8.h"
#include "wsel/image/channels.h"
#include "wsel/image/normalisation.h"
#include "wsel/model/config_json.h"
#include "wsel/optim/optimizer_options.h"
#include "wsel/optim/schedule.h"
#include "wsel/run/config_keys.h"
#include "wsel/run/file_names.h"
#include "wsel/select/options.h"

namespace wsel::recipe {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kHardAlpha = 0.5;  // DeiT's

constexpr std::array<Registered<augment::TrainCrop>, 4> kCrops = {{
    {augment::TrainCrop::kAuto, "auto",
     "padded up to 32 pixels, else random-resized"},
    {augment::TrainCrop::kRandomResized, "random-resized",
     "a random area, resized"},
    {augment::TrainCrop::kPadded, "padded",
     "a random crop of the padded image"},
    {augment::TrainCrop::kEvaluation, "evaluation", "as in evaluation"},
}};
constexpr Registry<augment::TrainCrop> kCropNames("crop", kCrops);

constexpr std::array<Registered<augment::TrainInterpolation>, 4>
    kTrainInterpolations = {{
        {augment::TrainInterpolation::kNearest, "nearest", ""},
        {augment::TrainInterpolation::kBilinear, "bilinear", ""},
        {augment::TrainInterpolation::kBicubic, "bicubic", ""},
        {augment::TrainInterpolation::kRandom, "random",
         "bilinear or bicubic, drawn for each crop and operation"},
    }};
constexpr Registry<augment::TrainInterpolation> kTrainInterpolationNames(
    "interpolation", kTrainInterpolations);

// An option with named values.
template <typename T>
concept HasNames = std::is_enum_v<T> || std::is_same_v<T, select::Method>;

template <HasNames T>
const Registry<T>& NamesOf() {
  return std::get<const Registry<T>&>(
      std::tie(kCropNames, kTrainInterpolationNames, image::Interpolations(),
               image::PassOrders(), image::CropModes(), train::Distillations(),
               train::Precisions(), optim::Optimizers(), optim::Schedules(),
               train::Losses(), model::Initializers(), select::Methods(),
               select::HeadRules(), select::HeadSources(),
               select::PatchResizes(), pretrained::ClassOrders(),
               data::Validations(), data::Samplings(), data::MultiLabels()));
}

// Reads a value of the configuration into its option.
struct Reader {
  JsonObject& section;
  std::string_view key;

  template <typename T>
  void operator()(T& value) const {
    if constexpr (HasNames<T>) {
      value = NamesOf<T>().Find(section.Get<std::string>(key),
                                section.PathOf(key), section.kind());
    } else if constexpr (std::is_same_v<T, train::ClassWeights>) {
      value = train::ParseClassWeights(WeightsText(), section.PathOf(key));
    } else if constexpr (std::is_same_v<T, HeightWidth>) {
      value = ReadHeightWidth(section.Raw(key), section.PathOf(key),
                              section.kind());
    } else {
      value = section.Get<T>(key);
    }
  }
  // A list of numbers is read as their text.
  std::string WeightsText() const {
    if (!section.Raw(key).is_array()) return section.Get<std::string>(key);
    return fmt::format("{}",
                       fmt::join(section.Get<std::vector<double>>(key), ","));
  }
  // "": none.
  template <typename E>
  void operator()(std::optional<E>& value) const {
    value.reset();
    if (!section.Get<std::string>(key).empty()) (*this)(value.emplace());
  }
  // A subset is a number, a fraction or a string such as "10%".
  void operator()(std::string& value) const {
    const Json& json = section.Raw(key);
    const bool number = key == "subset" && json.is_number();
    value = number ? json.dump() : section.Get<std::string>(key);
  }
  template <size_t N>
  void operator()(std::array<double, N>& value) const {
    const auto list = section.Get<std::vector<double>>(key);
    if (list.size() != N) {
      throw Error(section.kind(), section.PathOf(key),
                  "has {} values; it needs {}", list.size(), N);
    }
    std::copy(list.begin(), list.end(), value.begin());
  }
};

// The sections' JSON objects, opened once each.
class Sections {
 public:
  explicit Sections(JsonObject& root) : root_(root) {}

  JsonObject* Find(const std::string& name) {
    const auto found = open_.find(name);
    if (found != open_.end()) return &found->second;
    if (!root_.Has(name)) return nullptr;
    return &open_.emplace(name, root_.Object(name)).first->second;
  }

  void Finish() const {
    for (const auto& [name, section] : open_) section.Finish();
  }

 private:
  JsonObject& root_;
  std::map<std::string, JsonObject> open_;
};

void ReadModel(JsonObject& root, Recipe& recipe) {
  if (!root.Has("model")) {
    throw Error(ErrorKind::kConfig, root.PathOf("model"),
                "is missing: the model to train, such as \"model\": {\"name\": "
                "\"vit_tiny\"}");
  }
  Json section = root.Raw("model");
  // Without a family, the name is that of the variant to start from; with one,
  // the section describes a whole model.
  if (section.is_object() && section.contains("name") &&
      !section.contains("family") && !section.contains("base")) {
    Json based = {{"base", section["name"]}};
    section.erase("name");
    based.update(section);
    section = based;
  }
  if (section.is_object() && section.contains("num_classes") &&
      section["num_classes"].is_number_integer()) {
    recipe.num_classes = section["num_classes"].get<int64_t>();
  }
  recipe.model = model::ConfigFromJson(section.dump(), root.PathOf("model"),
                                       ErrorKind::kConfig);
}

// 0 is the teacher's own.
void CheckTeacherSize(const HeightWidth& size) {
  CheckAtLeast("teacher.img_size", size.Shorter(), size.Longer() > 0 ? 1 : 0);
}

void CheckTeacherFile(const Recipe& recipe) {
  const TeacherFile& teacher = recipe.teacher;
  const bool selects = recipe.init.select.has_value();
  const bool distils =
      recipe.train.distill.method != train::Distillation::kNone;
  const auto fail = [](const char* key, const char* message) {
    throw Error(ErrorKind::kConfig, key, message);
  };
  if (selects && !recipe.init.file.empty()) {
    fail("init.select",
         "selects from the teacher, and init.file loads a checkpoint: give "
         "only one of them");
  }
  if (teacher.file.empty() && (selects || distils)) {
    fail("teacher.file", "is missing: the teacher to select from or to distil");
  }
  if (!teacher.file.empty() && !selects && !distils) {
    fail("teacher.file", "is not used: set init.select or distill.method");
  }
  const auto check_copy = [&](const char* key, const naming::CopyChoice& copy,
                              const std::string& file) {
    if (file.empty() && (copy.no_ema || !copy.key.empty())) {
      fail(
          key,
          "is missing: the checkpoint with several copies (a teacher's copy is "
          "chosen by teacher.checkpoint_key and teacher.no_ema)");
    }
  };
  check_copy("init.file", recipe.init.copy, recipe.init.file);
  if (recipe.init.reset_classifier && recipe.init.file.empty()) {
    fail("init.file",
         "is missing: init.reset_classifier re-initialises its classifier "
         "(init.head is for init.select)");
  }
  check_copy("teacher.file", recipe.teacher.copy, teacher.file);
  for (const auto& [key, values] : {std::pair("teacher.mean", &teacher.mean),
                                    std::pair("teacher.std", &teacher.std)}) {
    // Its own channels are not known yet.
    const auto in_chans = static_cast<size_t>(InChans(recipe.model));
    if (!values->empty() && values->size() != 1 && values->size() != 3 &&
        values->size() != in_chans) {
      fail(key, "needs one value per channel, or one for all");
    }
  }
  CheckTeacherSize(teacher.img_size);
  CheckAtLeast("teacher.num_heads", teacher.num_heads, 0);
}

// Defaults that do not fit a value that is given: chosen again, and logged.
void SolveMixupBatch(train::Options& train) {
  const int64_t batch = train.batch_size;
  if (!MixingEnabled(train.mix) || batch < 2 ||
      batch % train.mixup_batch == 0) {
    return;
  }
  const int64_t size = train::SolveMixupBatch(batch, train.mixup_batch);
  if (size == 0) return;  // an odd batch: Validate says so
  train.mixup_batch = size;
  spdlog::info("train.mixup_batch {}, which divides the batch size {}", size,
               batch);
}

void SolveWarmup(optim::ScheduleOptions& schedule) {
  if (schedule.epochs < 1 || schedule.warmup_epochs <= schedule.epochs) return;
  schedule.warmup_epochs =
      optim::ScaledWarmup(optim::ScheduleOptions(), schedule.epochs);
  spdlog::info("train.warmup_epochs {} of {} epochs, the default's share",
               schedule.warmup_epochs, schedule.epochs);
}

void SetEpochs(optim::ScheduleOptions& schedule, int64_t epochs,
               bool scales_warmup) {
  if (schedule.epochs < 1) return;  // Validate says so
  if (scales_warmup) {
    schedule.warmup_epochs = optim::ScaledWarmup(schedule, epochs);
  }
  schedule.epochs = epochs;
}

// Values that are not given are those of the optimizer.
void SolveOptimizer(optim::OptimizerOptions& options, bool has_beta2,
                    bool has_eps) {
  const optim::OptimizerOptions usual = optim::DefaultsOf(options.name);
  if (!has_beta2) options.beta2 = usual.beta2;
  if (!has_eps) options.eps = usual.eps;
}

// Cross-entropy, the default, is for one label per image.
void SolveLoss(Recipe& recipe) {
  if (recipe.data.multi_label == data::MultiLabel::kOff) return;
  recipe.train.loss.name = train::LossName::kBce;
  spdlog::info("loss.name bce, since images have several labels");
}

// Whether the model has what is to be frozen.
void CheckFreeze(const Recipe& recipe) {
  if (recipe.train.fine_tune.freeze.empty()) return;
  model::Config config = recipe.model;
  // The classes of the data set are not known yet.
  if (NumClasses(config) == 0) SetNumClasses(config, 1);
  train::ParameterRules(config, recipe.train.fine_tune,
                        recipe.train.schedule.lr);
}

// A part that is off is not an error, but an option that was given for it is
// not ignored in silence.
void LogUnused(const train::Options& train) {
  struct Part {
    const char* key;
    bool given;
    bool is_on;
    const char* of;
  };
  const optim::ScheduleOptions& schedule = train.schedule;
  const train::LossOptions& loss = train.loss;
  const train::LossOptions usual;
  const bool focal = loss.name == train::LossName::kFocal;
  const Part parts[] = {
      {"train.ema_warmup", train.ema_warmup, train.ema_decay > 0,
       "train.ema_decay above 0"},
      {"schedule.decay_epochs", schedule.decay_epochs != 0,
       schedule.name == optim::ScheduleName::kStep, "schedule.name step"},
      {"schedule.cycle_epochs", schedule.cycle_epochs != 0,
       schedule.name == optim::ScheduleName::kCosineRestarts,
       "schedule.name cosine-restarts"},
      {"loss.target_threshold", loss.target_threshold != 0,
       focal || loss.name == train::LossName::kBce || train.multi_label,
       "loss.name bce or focal"},
      {"loss.focal_alpha", loss.focal_alpha != usual.focal_alpha, focal,
       "loss.name focal"},
      {"loss.focal_gamma", loss.focal_gamma != usual.focal_gamma, focal,
       "loss.name focal"}};
  for (const Part& part : parts) {
    if (!part.given || part.is_on) continue;
    spdlog::info("{} has no effect: it is a part of {}", part.key, part.of);
  }
}

// Fills in the values that are derived from others.
void Derive(Recipe& recipe) {
  const auto in_chans = static_cast<int>(InChans(recipe.model));
  recipe.data.in_chans = in_chans;
  recipe.train.normalisation.in_chans = in_chans;
  recipe.train.transform.in_chans = in_chans;
  recipe.train.evaluation.in_chans = in_chans;
  const HeightWidth size = ImageSize(recipe.model);
  recipe.train.transform.img_size = size;
  recipe.train.multi_label = recipe.data.multi_label != data::MultiLabel::kOff;
  recipe.train.evaluation.img_size = size;
  recipe.train.transform.crop_pct = recipe.train.evaluation.crop_pct;
  recipe.train.transform.crop_mode = recipe.train.evaluation.crop_mode;
  recipe.train.evaluation.pass_order = recipe.train.transform.pass_order;
  auto& normalisation = recipe.train.normalisation;
  normalisation.mean = image::ForChannels(normalisation.mean, in_chans,
                                          "data.mean", ErrorKind::kConfig);
  normalisation.std = image::ForChannels(normalisation.std, in_chans,
                                         "data.std", ErrorKind::kConfig);
  if (!image::IsRgbOrGrey(in_chans)) return;  // nothing is filled
  for (size_t c = 0; c < 3; ++c) {
    recipe.train.transform.fill[c] = static_cast<uint8_t>(
        std::clamp(std::round(255 * normalisation.mean[c]), 0., 255.));
  }
}

// Another number of values than RGB's is an error of image::ForChannels.
void AssumeOfGrey(const char* key, image::ChannelValues& values) {
  if (image::IsUniform(values) || values.size() != 3) return;
  const double grey = image::GreyValue(values);
  spdlog::info(
      "{} {}, assumed of grey images: the mean of {} (wsel datasets check "
      "prints that of yours, with `in_chans` 1)",
      key, grey, fmt::join(values, ","));
  values = {grey};
}

// ImageNet's are of RGB images.
void SolveMeanAndStd(Recipe& recipe, bool has_mean, bool has_std) {
  const int64_t in_chans = InChans(recipe.model);
  if (in_chans == 3) return;
  image::Normalisation& normalisation = recipe.train.normalisation;
  if (in_chans == 1) {
    AssumeOfGrey("data.mean", normalisation.mean);
    AssumeOfGrey("data.std", normalisation.std);
    return;
  }
  if (has_mean && has_std) return;
  throw Error(ErrorKind::kConfig, has_mean ? "data.std" : "data.mean",
              "is missing: the model takes images of {0} channels, for which "
              "no value is usual; give `mean` and `std` as one number, or one "
              "per channel, of pixels between 0 and 1 (wsel datasets check "
              "prints those of a data set, with `in_chans` {0})",
              in_chans);
}

// A policy of colours, the default, is for images that have some.
void SolvePolicy(Recipe& recipe) {
  augment::TrainTransformOptions& transform = recipe.train.transform;
  if (image::IsRgbOrGrey(InChans(recipe.model)) ||
      transform.rand_augment.empty()) {
    return;
  }
  spdlog::info(
      "augment.rand_augment \"\", not {}: it changes colours, which images of "
      "{} channels lack",
      transform.rand_augment, InChans(recipe.model));
  transform.rand_augment.clear();
}

[[noreturn]] void ThrowGivenTwice(std::string_view where,
                                  const run::RenamedKey& key) {
  throw Error(
      ErrorKind::kConfig, where,
      "{} is given twice, also under its old name {}: give only one of them",
      key.path, key.old_path);
}

// The section and key of a path.
std::pair<std::string, std::string> SplitPath(std::string_view path) {
  const size_t dot = path.find('.');
  return {std::string(path.substr(0, dot)), std::string(path.substr(dot + 1))};
}

// Moves values under old names to the new ones.
void RenameOldKeys(Json& root, std::string_view where) {
  const auto has = [&](const auto& path) {
    return root.contains(path.first) && root[path.first].contains(path.second);
  };
  for (const run::RenamedKey& key : run::kRenamedKeys) {
    const auto old = SplitPath(key.old_path);
    const auto path = SplitPath(key.path);
    if (!has(old)) continue;
    if (has(path)) ThrowGivenTwice(where, key);
    // Reported when the section is read.
    if (root.contains(path.first) && !root[path.first].is_object()) continue;
    Json value = root[old.first][old.second];
    root[old.first].erase(old.second);
    root[path.first][path.second] = std::move(value);
  }
}

// The overrides with old names replaced.
std::vector<std::string> WithNewNames(const std::vector<std::string>& sets) {
  std::vector<std::string> renamed = sets;
  for (const run::RenamedKey& key : run::kRenamedKeys) {
    const std::string by_old = fmt::format("{}=", key.old_path);
    const std::string by_new = fmt::format("{}=", key.path);
    const bool has_new = std::ranges::any_of(
        sets, [&](const std::string& set) { return set.starts_with(by_new); });
    for (std::string& set : renamed) {
      if (!set.starts_with(by_old)) continue;
      if (has_new) ThrowGivenTwice("set", key);
      set.replace(0, by_old.size(), by_new);
    }
  }
  return renamed;
}

// Sets the value of "a.b=value" in the tree, creating objects on the way.
void Override(Json& root, const std::string& set) {
  const size_t equals = set.find('=');
  const std::string path = set.substr(0, equals);
  if (equals == std::string::npos || path.empty()) {
    throw Error(ErrorKind::kUsage, "set",
                "expected PATH=VALUE, such as optimizer.lr=1e-3, found '{}'",
                set);
  }
  const std::string text = set.substr(equals + 1);
  RequireUtf8(set, "set");
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) value = text;
  Json* at = &root;
  size_t start = 0;
  for (size_t dot = path.find('.'); dot != std::string::npos;
       start = dot + 1, dot = path.find('.', start)) {
    at = &(*at)[path.substr(start, dot - start)];
    if (!at->is_object() && !at->is_null()) {
      throw Error(ErrorKind::kConfig, path,
                  "leads through a value that is not a section");
    }
  }
  (*at)[path.substr(start)] = std::move(value);
}

// Whether a value may not change when a run is resumed. Checkpoints may move:
// the initial one has been read, and the teacher has its digest.
bool MustStay(std::string_view path) {
  return run::AffectsResult(path) && path != "init.file" &&
         path != "teacher.file" && path != "data.labels";
}

template <typename T>
Json JsonOf(const T& value) {
  if constexpr (HasNames<T>) {
    return NamesOf<T>().NameOf(value);
  } else if constexpr (std::is_same_v<T, train::ClassWeights>) {
    return train::ToText(value);
  } else {
    return value;
  }
}
template <typename T>
Json JsonOf(const std::optional<T>& value) {
  return value ? JsonOf(*value) : Json("");
}

// The names that a value may have; empty if it is not a name.
template <typename T>
std::string ChoicesOf(const T&) {
  if constexpr (HasNames<T>) {
    return NamesOf<T>().Choices();
  } else if constexpr (std::is_same_v<T, train::ClassWeights>) {
    return "none|balanced";
  } else {
    return "";
  }
}
template <typename T>
std::string ChoicesOf(const std::optional<T>&) {
  return ChoicesOf(T());
}

std::string TimmOptionOf(std::string_view path) {
  const auto found = std::ranges::find(kTimmOptions, path, &TimmOption::path);
  return found == kTimmOptions.end() ? "" : std::string(found->option);
}

const Json& ValueOf(const Json& tree, const Key& key) {
  return tree.at(std::string(key.section)).at(std::string(key.key));
}

// The values of all fields, by section.
Json FieldsOf(const Recipe& recipe) {
  Json root;
  VisitFields(recipe, [&](const Key& key, const auto& value) {
    root[std::string(key.section)][std::string(key.key)] = JsonOf(value);
  });
  return root;
}

// The configuration with its overrides, under new names.
Json TreeWith(std::string_view text, std::string_view where,
              const std::vector<std::string>& sets) {
  Json tree = ParseJson(text, where, ErrorKind::kConfig);
  if (!tree.is_object()) return tree;
  RenameOldKeys(tree, where);
  for (const std::string& set : WithNewNames(sets)) Override(tree, set);
  RenameOldKeys(tree, where);  // a value of `sets` may be a whole section
  return tree;
}

// Whether the model section says which model it is, not only how it differs.
bool NamesModel(const Json& tree) {
  if (!tree.is_object() || !tree.contains("model")) return false;
  const Json& model = tree["model"];
  return !model.is_object() || model.contains("name") ||
         model.contains("base") || model.contains("family");
}

// Whether the warmup is among the overrides, beside which the file's is scaled.
bool SetsWarmup(const std::vector<std::string>& sets, std::string_view where) {
  const Json tree = TreeWith("{}", where, sets);
  return tree.contains("train") && tree["train"].is_object() &&
         tree["train"].contains("warmup_epochs");
}

Json TreeOf(const Recipe& recipe) {
  Json root;
  root["about"] = recipe.about;
  root["model"] = Json::parse(model::ToJson(recipe.model));
  root.update(FieldsOf(recipe));
  return root;
}

}  // namespace

Recipe RecipeFromJson(std::string_view text, std::string_view where,
                      const std::vector<std::string>& sets,
                      std::optional<int64_t> epochs) {
  const Json tree = TreeWith(text, where, sets);
  JsonObject root(tree, std::string(where));
  Recipe recipe;
  recipe.about = root.GetOr<std::string>("about", "");
  ReadModel(root, recipe);
  Sections sections(root);
  VisitFields(recipe, [&](const Key& key, auto& value) {
    JsonObject* object = sections.Find(std::string(key.section));
    if (object != nullptr && object->Has(key.key)) {
      Reader{*object, key.key}(value);
    }
  });
  const auto given = [&](const char* section, const char* key) {
    JsonObject* object = sections.Find(section);
    return object != nullptr && object->Has(key);
  };
  if (recipe.train.distill.method == train::Distillation::kHard &&
      !given("distill", "alpha")) {
    recipe.train.distill.alpha = kHardAlpha;
  }
  sections.Finish();
  root.Finish();
  SolveOptimizer(recipe.train.optimizer, given("optimizer", "beta2"),
                 given("optimizer", "eps"));
  if (!given("train", "mixup_batch")) SolveMixupBatch(recipe.train);
  if (!given("train", "warmup_epochs")) SolveWarmup(recipe.train.schedule);
  if (!given("loss", "name")) SolveLoss(recipe);
  if (!given("augment", "rand_augment")) SolvePolicy(recipe);
  if (epochs) {
    SetEpochs(recipe.train.schedule, *epochs, !SetsWarmup(sets, where));
  }
  SolveMeanAndStd(recipe, given("data", "mean"), given("data", "std"));
  Derive(recipe);
  LogUnused(recipe.train);
  CheckTeacherFile(recipe);
  train::Validate(recipe.train);
  CheckFreeze(recipe);
  return recipe;
}

Recipe RecipeOfRun(std::string_view text, std::string_view where,
                   const std::vector<std::string>& sets,
                   std::optional<int64_t> epochs) {
  return RecipeFromJson(
      WithDefaults(text, where,
                   {"data.resize=pillow-12", "data.subset_balanced=true",
                    "data.validation=test"}),
      where, sets, epochs);
}

std::optional<InitOptions> InitFileOf(std::string_view text,
                                      std::string_view where,
                                      const std::vector<std::string>& sets) {
  const Json tree = TreeWith(text, where, sets);
  JsonObject root(tree, std::string(where));
  if (!root.Has("init")) return std::nullopt;
  JsonObject init = root.Object("init");
  InitOptions options;
  options.file = init.GetOr<std::string>("file", "");
  options.copy.key = init.GetOr<std::string>("checkpoint_key", "");
  options.copy.no_ema = init.GetOr<bool>("no_ema", false);
  if (options.file.empty()) return std::nullopt;
  return options;
}

std::optional<InitOptions> InitWithoutModel(
    std::string_view text, std::string_view where,
    const std::vector<std::string>& sets) {
  if (NamesModel(TreeWith(text, where, sets))) return std::nullopt;
  return InitFileOf(text, where, sets);
}

std::string GivenValue(std::string_view text, std::string_view where,
                       const std::vector<std::string>& sets,
                       std::string_view path) {
  const Json tree = TreeWith(text, where, sets);
  const auto [section, key] = SplitPath(path);
  if (!tree.is_object() || !tree.contains(section)) return "";
  const Json& values = tree[section];
  if (!values.is_object() || !values.contains(key)) return "";
  return values[key].dump();
}

std::string WithDefaults(std::string_view text, std::string_view where,
                         const std::vector<std::string>& defaults) {
  const Json given = TreeWith(text, where, {});
  if (!given.is_object()) return std::string(text);
  Json tree;
  for (const std::string& set : defaults) Override(tree, set);
  tree.merge_patch(given);
  return tree.dump();
}

select::Options SelectionOf(const Recipe& recipe) {
  select::Options options = recipe.init.selection;
  options.method = recipe.init.select.value();
  options.seed = recipe.train.seed;
  return options;
}

std::vector<Field> Fields() {
  std::vector<Field> fields;
  const Recipe defaults;
  VisitFields(defaults, [&](const Key& key, const auto& value) {
    fields.push_back({key.Path(), std::string(key.about), ChoicesOf(value),
                      JsonOf(value).dump(), std::string(key.flag),
                      std::string(key.metavar), TimmOptionOf(key.Path())});
  });
  std::ranges::stable_sort(fields, {}, &Field::section);
  return fields;
}

std::string ToJson(const Recipe& recipe) { return TreeOf(recipe).dump(2); }

std::string ToRecipeFile(const Recipe& recipe) {
  Json tree = TreeOf(recipe);
  if (!recipe.num_classes) tree["model"].erase("num_classes");
  return tree.dump(2) + "\n";
}

std::vector<std::string> Differences(const Recipe& before, const Recipe& now) {
  std::vector<std::string> lines;
  const auto compare = [&](const std::string& path, const Json& a,
                           const Json& b) {
    if (a == b) return;
    lines.push_back(fmt::format("{}: {}, now {}", path, a.dump(), b.dump()));
  };
  const Json a = TreeOf(before);
  const Json b = TreeOf(now);
  for (const auto& [key, value] : a["model"].items()) {
    compare("model." + key, value,
            b["model"].contains(key) ? b["model"][key] : Json());
  }
  for (const auto& [key, value] : b["model"].items()) {
    if (!a["model"].contains(key)) compare("model." + key, Json(), value);
  }
  VisitFields(now, [&](const Key& key, const auto&) {
    if (MustStay(key.Path())) {
      compare(key.Path(), ValueOf(a, key), ValueOf(b, key));
    }
  });
  return lines;
}

std::string Identity(const Recipe& recipe) {
  const Json tree = TreeOf(recipe);
  const Json defaults = FieldsOf(Recipe());
  Json identity;
  identity["model"] = tree["model"];
  VisitFields(recipe, [&](const Key& key, const auto&) {
    const std::string path = key.Path();
    if (!run::AffectsResult(path)) return;
    const bool is_new = std::ranges::find(kNewKeys, path) != kNewKeys.end();
    if (is_new && ValueOf(tree, key) == ValueOf(defaults, key)) return;
    const auto [old_section, old_key] = SplitPath(run::OldestKey(path));
    identity[old_section][old_key] = ValueOf(tree, key);
  });
  return identity.dump();
}

std::string TeacherCacheName(const Recipe& recipe, std::string_view device) {
  const Json identity = Json::parse(Identity(recipe));
  Json key = {{"device", device},
              {"root", std::filesystem::absolute(recipe.data.root).string()},
              {"img_size", ImageSize(recipe.model)},
              {"method", identity["distill"]["method"]}};
  if (InChans(recipe.model) != 3) key["in_chans"] = InChans(recipe.model);
  for (const char* section : {"teacher", "data", "augment", "evaluation"}) {
    key[section] = identity[section];
  }
  // Older versions had no other order.
  if (recipe.train.evaluation.pass_order == image::PassOrder::kPillow12) {
    key["data"].erase("resize");
  } else {
    key["data"]["resize"] = JsonOf(recipe.train.evaluation.pass_order);
  }
  // What is evaluated does not matter, and older versions drew all subsets so.
  key["data"].erase("validation");
  key["data"].erase("subset_balanced");
  if (!recipe.data.subset.empty() && !recipe.data.subset_balanced) {
    key["data"]["subset_balanced"] = false;
  }
  return Sha256Hex(key.dump()).substr(0, 16) + run::kTeacherCacheSuffix;
}

}  // namespace wsel::recipe
