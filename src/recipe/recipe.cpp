#include "wsel/recipe/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <type_traits>

#include "fields.h"
#include "wsel/core/check.h"
#include "wsel/core/json_object.h"
#include "wsel/core/registry.h"
#include "wsel/model/config_json.h"
#include "wsel/select/options.h"

namespace wsel::recipe {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kHardAlpha = 0.5;  // DeiT's

constexpr std::array<Registered<augment::TrainCrop>, 4> kCrops = {{
    {augment::TrainCrop::kAuto, "auto", "padded to 32 pixels, then random"},
    {augment::TrainCrop::kRandomResized, "random-resized",
     "a random part, resized"},
    {augment::TrainCrop::kPadded, "padded", "a random shift over a border"},
    {augment::TrainCrop::kEvaluation, "evaluation", "as in evaluation"},
}};
constexpr Registry<augment::TrainCrop> kCropNames("crop", kCrops);

constexpr std::array<Registered<image::Interpolation>, 3> kInterpolations = {{
    {image::Interpolation::kNearest, "nearest", ""},
    {image::Interpolation::kBilinear, "bilinear", ""},
    {image::Interpolation::kBicubic, "bicubic", ""},
}};
constexpr Registry<image::Interpolation> kInterpolationNames("interpolation",
                                                             kInterpolations);

const Registry<augment::TrainCrop>& NamesOf(augment::TrainCrop /*tag*/) {
  return kCropNames;
}
const Registry<image::Interpolation>& NamesOf(image::Interpolation /*tag*/) {
  return kInterpolationNames;
}
const Registry<train::Distillation>& NamesOf(train::Distillation /*tag*/) {
  return train::Distillations();
}
const Registry<train::Precision>& NamesOf(train::Precision /*tag*/) {
  return train::Precisions();
}
const Registry<model::Initializer>& NamesOf(model::Initializer /*tag*/) {
  return model::Initializers();
}

// A value of the configuration into the option that it sets.
struct Reader {
  JsonObject& section;
  std::string_view key;

  template <typename T>
  void operator()(T& value) const {
    if constexpr (std::is_enum_v<T>) {
      value = NamesOf(value).Find(section.Get<std::string>(key),
                                  section.PathOf(key), section.kind());
    } else {
      value = section.Get<T>(key);
    }
  }
  // A subset is a number, a fraction or text such as "10%".
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
                  fmt::format("has {} numbers; it needs {}", list.size(), N));
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
                "is missing: \"model\": {\"name\": \"vit_tiny\"}, or --model");
  }
  Json section = root.Raw("model");
  // A variant's name is what the model starts from; with a family the section
  // is a whole model.
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

void CheckTeacherFile(const Recipe& recipe) {
  const TeacherFile& teacher = recipe.teacher;
  const bool selects = !recipe.init.select.empty();
  const bool distils =
      recipe.train.distill.method != train::Distillation::kNone;
  const auto refuse = [](const char* key, const char* message) {
    throw Error(ErrorKind::kConfig, key, message);
  };
  if (selects) select::Methods().Find(recipe.init.select, "init.select");
  select::HeadRules().Find(recipe.init.heads, "init.heads", ErrorKind::kConfig);
  if (selects && !recipe.init.file.empty()) {
    refuse("init.select",
           "starts from the teacher, and init.file from a "
           "file: choose one");
  }
  if (teacher.file.empty() && (selects || distils)) {
    refuse("teacher.file", "is missing: the teacher to select or distil from");
  }
  if (!teacher.file.empty() && !selects && !distils) {
    refuse("teacher.file",
           "has nothing to do: set init.select or "
           "distill.method");
  }
  for (const auto& [key, values] : {std::pair("teacher.mean", &teacher.mean),
                                    std::pair("teacher.std", &teacher.std)}) {
    if (!values->empty() && values->size() != 3) {
      refuse(key, "has other than three numbers");
    }
  }
  CheckAtLeast("teacher.img_size", teacher.img_size, 0);
}

// What follows from other values.
void Settle(Recipe& recipe) {
  const auto size = static_cast<int>(ImageSize(recipe.model));
  recipe.train.transform.img_size = size;
  recipe.train.evaluation.img_size = size;
  recipe.train.transform.crop_pct = recipe.train.evaluation.crop_pct;
  for (size_t c = 0; c < 3; ++c) {
    const double mean = recipe.train.normalisation.mean[c];
    recipe.train.transform.fill[c] =
        static_cast<uint8_t>(std::clamp(std::round(255 * mean), 0., 255.));
  }
}

// Puts the value of "a.b=value" into the tree, making objects on the way.
void Override(Json& root, const std::string& set) {
  const size_t equals = set.find('=');
  const std::string path = set.substr(0, equals);
  if (equals == std::string::npos || path.empty()) {
    throw Error(
        ErrorKind::kUsage, "--set",
        fmt::format("'{}' is no PATH=VALUE, such as optimizer.lr=1e-3", set));
  }
  const std::string text = set.substr(equals + 1);
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) value = text;
  Json* at = &root;
  size_t start = 0;
  for (size_t dot = path.find('.'); dot != std::string::npos;
       start = dot + 1, dot = path.find('.', start)) {
    at = &(*at)[path.substr(start, dot - start)];
    if (!at->is_object() && !at->is_null()) {
      throw Error(ErrorKind::kConfig, path,
                  "leads through a value that is no section");
    }
  }
  (*at)[path.substr(start)] = std::move(value);
}

// Values that may change within a run.
bool Decides(std::string_view section, std::string_view key) {
  static const std::set<std::pair<std::string_view, std::string_view>> kFree = {
      {"data", "root"},      {"data", "workers"},    {"data", "cache_gb"},
      {"data", "cache_dir"}, {"train", "memory_gb"}, {"train", "save_minutes"},
      {"init", "file"},      {"teacher", "file"}};
  return !kFree.contains({section, key});
}

Json TreeOf(const Recipe& recipe) {
  Json root;
  root["about"] = recipe.about;
  root["model"] = Json::parse(model::ToJson(recipe.model));
  VisitFields(recipe,
              [&](const char* section, const char* key, const auto& value) {
                using T = std::decay_t<decltype(value)>;
                if constexpr (std::is_enum_v<T>) {
                  root[section][key] = NamesOf(value).NameOf(value);
                } else {
                  root[section][key] = value;
                }
              });
  return root;
}

}  // namespace

Recipe RecipeFromJson(std::string_view text, std::string_view where,
                      const std::vector<std::string>& sets) {
  Json tree = ParseJson(text, where, ErrorKind::kConfig);
  if (tree.is_object()) {
    for (const std::string& set : sets) Override(tree, set);
  }
  JsonObject root(tree, std::string(where));
  Recipe recipe;
  recipe.about = root.GetOr<std::string>("about", "");
  ReadModel(root, recipe);
  Sections sections(root);
  VisitFields(recipe, [&](const char* section, const char* key, auto& value) {
    JsonObject* object = sections.Find(section);
    if (object != nullptr && object->Has(key)) Reader{*object, key}(value);
  });
  if (JsonObject* distill = sections.Find("distill");
      recipe.train.distill.method == train::Distillation::kHard &&
      (distill == nullptr || !distill->Has("alpha"))) {
    recipe.train.distill.alpha = kHardAlpha;
  }
  sections.Finish();
  root.Finish();
  Settle(recipe);
  CheckTeacherFile(recipe);
  train::Validate(recipe.train);
  return recipe;
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
  VisitFields(now, [&](const char* section, const char* key, const auto&) {
    if (!Decides(section, key)) return;
    compare(fmt::format("{}.{}", section, key), a[section][key],
            b[section][key]);
  });
  return lines;
}

std::string Identity(const Recipe& recipe) {
  const Json tree = TreeOf(recipe);
  Json identity;
  identity["model"] = tree["model"];
  VisitFields(recipe, [&](const std::string& section, const std::string& key,
                          const auto&) {
    const bool start =
        key == "file" && (section == "init" || section == "teacher");
    if (start || Decides(section, key)) {
      identity[section][key] = tree[section][key];
    }
  });
  return identity.dump();
}

}  // namespace wsel::recipe
