#include "wsel/pretrained/beside.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "activation_names.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/image/normalisation.h"
#include "wsel/model/variants.h"
#include "wsel/pretrained/published.h"

namespace wsel::pretrained {
namespace {

constexpr size_t kMaxRemark = 1000;  // bytes

using Json = nlohmann::ordered_json;
using image::ChannelValues;

// A value of the type, or nothing.
template <typename T>
std::optional<T> As(const Json& json);
template <>
std::optional<double> As<double>(const Json& json) {
  if (!json.is_number()) return std::nullopt;
  return json.get<double>();
}
template <>
std::optional<int64_t> As<int64_t>(const Json& json) {
  if (!json.is_number_integer()) return std::nullopt;
  return json.get<int64_t>();
}
template <>
std::optional<bool> As<bool>(const Json& json) {
  if (!json.is_boolean()) return std::nullopt;
  return json.get<bool>();
}
template <>
std::optional<std::string> As<std::string>(const Json& json) {
  if (!json.is_string()) return std::nullopt;
  return json.get<std::string>();
}
// One number per channel, or one for all.
template <>
std::optional<ChannelValues> As<ChannelValues>(const Json& json) {
  const auto is_number = [](const Json& x) { return x.is_number(); };
  if (!json.is_array() || json.empty() ||
      !std::ranges::all_of(json, is_number)) {
    return std::nullopt;
  }
  return json.get<ChannelValues>();
}

// One of the files.
struct SideFile {
  std::string name;
  Json json;

  // The value at a path such as "/vision_config/hidden_size".
  template <typename T>
  std::optional<T> Get(const std::string& path) const {
    const Json::json_pointer at(path);
    return json.contains(at) ? As<T>(json.at(at)) : std::nullopt;
  }
  // At the first of the paths that has one.
  template <typename T>
  std::optional<T> First(std::initializer_list<const char*> paths) const {
    for (const char* path : paths) {
      if (auto found = Get<T>(path)) return found;
    }
    return std::nullopt;
  }
  // Sets a value that no earlier file has stated.
  template <typename T>
  void State(std::optional<Stated<T>>& value,
             const std::optional<T>& found) const {
    if (!value && found) value = Stated<T>{.value = *found, .file = name};
  }
  std::string Remark(std::string_view text) const {
    return EscapeText(fmt::format("{}: {}", name, text), kMaxRemark);
  }
};

// The side of "size": 224, {"height": 224} or {"shortest_edge": 224}.
std::optional<int64_t> SideOf(const SideFile& file, const std::string& key) {
  for (const char* path : {"", "/shortest_edge", "/height"}) {
    if (const auto side = file.Get<int64_t>("/" + key + path)) return side;
  }
  return std::nullopt;
}

// "size": 224 of older files is what the class of the processor takes it for.
std::optional<int64_t> WholeSize(const SideFile& file, bool square) {
  const auto type = file.First<std::string>(
      {"/feature_extractor_type", "/image_processor_type"});
  if (!type) return std::nullopt;
  constexpr std::string_view kSquares[] = {"ViT", "DeiT", "Beit"};
  const bool is_square = std::ranges::any_of(
      kSquares, [&](std::string_view name) { return type->starts_with(name); });
  return is_square == square ? file.Get<int64_t>("/size") : std::nullopt;
}

// To which the short side is resized.
std::optional<int64_t> ShortestEdge(const SideFile& file) {
  const auto edge = file.Get<int64_t>("/size/shortest_edge");
  return edge ? edge : WholeSize(file, /*square=*/false);
}

// To which both sides are resized.
std::optional<int64_t> SquareSide(const SideFile& file) {
  if (!file.Get<bool>("/do_resize").value_or(true)) return std::nullopt;
  const auto height = file.Get<int64_t>("/size/height");
  return height ? height : WholeSize(file, /*square=*/true);
}

void ReadInterpolation(const SideFile& file, Beside& beside) {
  using enum image::Interpolation;
  const auto name = file.First<std::string>(
      {"/pretrained_cfg/interpolation", "/preprocess_cfg/interpolation"});
  const auto number = file.Get<int64_t>("/resample");  // Pillow's
  if (name == "bicubic" || number == 3) {
    file.State(beside.interpolation, std::optional(kBicubic));
  } else if (name == "bilinear" || number == 2) {
    file.State(beside.interpolation, std::optional(kBilinear));
  } else if (name == "nearest" || number == 0) {
    file.State(beside.interpolation, std::optional(kNearest));
  } else if (name || number) {
    beside.remarks.push_back(file.Remark(
        fmt::format("its interpolation, {}, is not supported",
                    name ? *name : fmt::format("Pillow's {}", *number))));
  }
}

// How images get the model's size; nothing if the file does not describe
// images.
std::optional<image::CropMode> CropModeOf(const SideFile& file,
                                          std::optional<double> crop,
                                          Beside& beside) {
  using enum image::CropMode;
  const auto mode = file.First<std::string>(
      {"/pretrained_cfg/crop_mode", "/preprocess_cfg/resize_mode"});
  if (mode == "border" || mode == "longest") {
    beside.remarks.push_back(file.Remark(fmt::format(
        "it resizes images by their long side and pads them ({}), which is not "
        "supported",
        *mode)));
    return std::nullopt;
  }
  if (mode == "squash") return kSquash;
  // ConvNeXt's processor crops only small images.
  const auto type = file.First<std::string>(
      {"/image_processor_type", "/feature_extractor_type"});
  const auto shortest = ShortestEdge(file);
  if (type && type->starts_with("ConvNext") && shortest) {
    return *shortest < 384 ? kCenter : kAuto;
  }
  if (!mode && SquareSide(file)) return kSquash;
  // timm's, and open_clip's "shortest", are so by default.
  return crop || mode ? std::optional(kCenter) : std::nullopt;
}

void ReadCrop(const SideFile& file, Beside& beside) {
  auto crop = file.First<double>({"/pretrained_cfg/crop_pct", "/crop_pct"});
  const auto square = SquareSide(file);
  const auto resized = square ? square : ShortestEdge(file);
  const auto cropped = SideOf(file, "crop_size");
  // Those that resize to a square crop nothing unless they say so.
  const bool crops = file.Get<bool>("/do_center_crop").value_or(!square);
  if (!crop && crops && resized && cropped && *resized > 0) {
    crop = static_cast<double>(*cropped) / static_cast<double>(*resized);
  }
  if (file.json.contains("preprocess_cfg")) crop = 1;  // open_clip's rule
  if (crop && !(*crop > 0 && *crop <= 1)) crop.reset();
  const auto mode = CropModeOf(file, crop, beside);
  // transformers' processors crop nothing then.
  if (!crop && mode == image::CropMode::kSquash && file.json.contains("size")) {
    crop = 1;
  }
  file.State(beside.crop_pct, crop);
  file.State(beside.crop_mode, mode);
}

struct ModelSize {
  int64_t width;
  int64_t num_heads;
};

// Of a published model or a variant of that name.
std::optional<ModelSize> SizeOf(const std::string& name) {
  if (const auto published = FindPublished(name)) {
    return ModelSize{published->model->width, published->model->num_heads};
  }
  try {
    const model::Config variant = model::FindVariant(name).config;
    return ModelSize{NumFeatures(variant), NumHeads(variant)};
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The number of heads of timm's model, unless the model has been built with
// another width and unknown heads.
std::optional<int64_t> HeadsOfVariant(const SideFile& file) {
  const auto name = file.First<std::string>(
      {"/architecture", "/model_cfg/vision_cfg/timm_model_name"});
  if (!name) return std::nullopt;
  const auto built = SizeOf(*name);
  const auto width = file.Get<int64_t>("/num_features");
  const bool other = built && width && *width != built->width &&
                     !file.json.contains("model_args");
  if (!built || other || built->num_heads < 1) return std::nullopt;
  return built->num_heads;
}

// Whether the model has been built with other arguments than its name says.
bool ChangesArchitecture(const SideFile& file) {
  constexpr std::string_view kHarmless[] = {"img_size", "num_classes",
                                            "drop_rate", "drop_path_rate"};
  const auto arguments = file.json.find("model_args");
  if (arguments == file.json.end() || !arguments->is_object()) return false;
  return std::ranges::any_of(arguments->items(), [&](const auto& item) {
    return std::ranges::find(kHarmless, item.key()) == std::end(kHarmless);
  });
}

void ReadArchitecture(const SideFile& file, Beside& beside) {
  if (ChangesArchitecture(file)) return;
  auto name = file.First<std::string>(
      {"/architecture", "/model_cfg/vision_cfg/timm_model_name"});
  const auto tag = file.Get<std::string>("/pretrained_cfg/tag");
  if (name && tag && !tag->empty() && name->find('.') == std::string::npos) {
    *name += "." + *tag;
  }
  file.State(beside.architecture, name);
}

// Whether the file is of open_clip, and the tower none of timm's.
bool IsOpenClipTower(const SideFile& file) {
  return file.json.contains("model_cfg") &&
         !file.Get<std::string>("/model_cfg/vision_cfg/timm_model_name");
}

// open_clip's own towers have heads of 64 channels unless it says otherwise.
std::optional<int64_t> OpenClipHeads(const SideFile& file) {
  const auto width = file.Get<int64_t>("/model_cfg/vision_cfg/width");
  const int64_t channels =
      file.Get<int64_t>("/model_cfg/vision_cfg/head_width").value_or(64);
  if (!width || channels < 1) return std::nullopt;
  return *width / channels;
}

void ReadHeads(const SideFile& file, Beside& beside) {
  file.State(beside.num_heads,
             file.First<int64_t>({"/num_attention_heads",
                                  "/vision_config/num_attention_heads",
                                  "/model_args/num_heads"}));
  file.State(beside.num_heads, HeadsOfVariant(file));
  file.State(beside.num_heads, OpenClipHeads(file));
}

void ReadActivation(const SideFile& file, Beside& beside) {
  using enum model::Activation;
  const auto name = file.First<std::string>(
      {"/hidden_act", "/vision_config/hidden_act", "/model_args/act_layer"});
  const auto known = name ? ActivationNamed(*name) : std::nullopt;
  if (known) {
    file.State(beside.activation, known);
  } else if (name) {
    beside.unsupported.push_back(file.Remark(
        fmt::format("its activation, {}, is not supported", *name)));
  }
  // timm's towers have activations of their own.
  if (IsOpenClipTower(file)) {
    const bool quick = file.Get<bool>("/model_cfg/quick_gelu").value_or(false);
    file.State(beside.activation, std::optional(quick ? kQuickGelu : kGelu));
    file.State(beside.norm_eps, std::optional(1e-5));
  }
}

void ReadPooling(const SideFile& file, Beside& beside) {
  using enum model::Pooling;
  // The last is open_clip's, of a tower that timm builds.
  const auto name =
      file.First<std::string>({"/model_args/global_pool", "/global_pool",
                               "/model_cfg/vision_cfg/timm_pool"});
  if (name == "token") file.State(beside.pooling, std::optional(kToken));
  if (name == "avg") file.State(beside.pooling, std::optional(kNormedAverage));
  if (name == "max" || name == "avgmax") {
    beside.unsupported.push_back(
        file.Remark(fmt::format("its pooling, {}, is not supported", *name)));
  }
}

// As open_clip's VisionTransformer pools. Its norm acts on each token: before
// or after the class token is taken is the same.
void ReadTowerPooling(const SideFile& file, Beside& beside) {
  using enum model::Pooling;
  const std::string vision = "/model_cfg/vision_cfg/";
  if (!IsOpenClipTower(file)) return;
  // Pooled by queries, true or "cascade", `pool_type` does not count.
  const bool by_queries =
      file.Get<bool>(vision + "attentional_pool").value_or(false) ||
      file.Get<std::string>(vision + "attentional_pool");
  if (by_queries) return;
  const auto type = file.Get<std::string>(vision + "pool_type").value_or("tok");
  const bool norm_last =
      file.Get<bool>(vision + "final_ln_after_pool").value_or(false);
  if (type == "tok") {
    file.State(beside.tower_pooling, std::optional(kToken));
  } else if (type == "avg") {
    file.State(beside.tower_pooling,
               std::optional(norm_last ? kAverage : kNormedAverage));
  } else {
    beside.unsupported.push_back(
        file.Remark(fmt::format("its pooling, {}, is not supported", type)));
  }
}

// Of "image_size": 224, or [height, width], or timm's [channels, height,
// width].
void ReadImageSize(const SideFile& file, Beside& beside) {
  for (const char* path :
       {"/model_args/img_size", "/pretrained_cfg/input_size", "/image_size",
        "/vision_config/image_size", "/model_cfg/vision_cfg/image_size"}) {
    const Json::json_pointer at(path);
    if (!file.json.contains(at)) continue;
    const Json& json = file.json.at(at);
    const bool list = json.is_array() && json.size() >= 2;
    const auto height = As<int64_t>(list ? json[json.size() - 2] : json);
    const auto width = As<int64_t>(list ? json.back() : json);
    if (!height || !width) continue;
    const HeightWidth size = {*height, *width};
    return file.State(beside.img_size, std::optional(size));
  }
}

void ReadModel(const SideFile& file, Beside& beside) {
  ReadPooling(file, beside);
  ReadTowerPooling(file, beside);
  ReadImageSize(file, beside);
  auto width = file.First<int64_t>(
      {"/hidden_size", "/vision_config/hidden_size", "/num_features",
       "/model_args/embed_dim", "/model_cfg/vision_cfg/width"});
  const auto stages = file.json.find("hidden_sizes");
  if (!width && stages != file.json.end() && stages->is_array() &&
      !stages->empty()) {
    width = As<int64_t>(stages->back());
  }
  file.State(beside.width, width);
  ReadHeads(file, beside);
  ReadActivation(file, beside);
  // Of a ConvNeXt it is only the last norm's.
  const auto type = file.Get<std::string>("/model_type");
  if (type && type->starts_with("convnext")) return;
  const auto eps =
      file.First<double>({"/layer_norm_eps", "/vision_config/layer_norm_eps"});
  if (eps && *eps > 0 && *eps < 1) file.State(beside.norm_eps, eps);
}

// "LABEL_3", which transformers writes for want of a name.
bool IsPlaceholder(const std::string& name) {
  return name.starts_with("LABEL_");
}

void ReadClasses(const SideFile& file, Beside& beside) {
  std::vector<std::string> names;
  for (const char* key : {"label_names", "id2label"}) {
    const auto list = file.json.find(key);
    if (list == file.json.end() || !names.empty()) continue;
    for (size_t i = 0; i < list->size(); ++i) {
      const std::string path =
          fmt::format("/{}/{}", key, i);  // of a list or of {"0": ...}
      const auto name = file.Get<std::string>(path);
      if (!name) return;
      names.push_back(*name);
    }
  }
  if (names.empty() || std::ranges::all_of(names, IsPlaceholder)) return;
  file.State(beside.classes, std::optional(names));
}

std::optional<SideFile> ReadSide(const std::filesystem::path& path,
                                 Beside& beside) {
  constexpr uintmax_t kMaxSize = uintmax_t{16} << 20;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  SideFile file{path.filename().string(), {}};
  if (std::filesystem::file_size(path, error) > kMaxSize) {
    beside.remarks.push_back(
        file.Remark("has more than 16 MB; it is not used"));
    return std::nullopt;
  }
  try {
    file.json = ParseJson(ReadText(path), path.string(), ErrorKind::kFormat);
  } catch (const Error& e) {
    beside.remarks.push_back(fmt::format("{}; it is not used", e.what()));
    return std::nullopt;
  }
  if (!file.json.is_object()) return std::nullopt;
  return file;
}

}  // namespace

Beside ReadBeside(const std::filesystem::path& checkpoint) {
  Beside beside;
  for (const char* name :
       {"config.json", "preprocessor_config.json", "open_clip_config.json"}) {
    const auto file = ReadSide(checkpoint.parent_path() / name, beside);
    if (!file) continue;
    file->State(beside.mean, file->First<ChannelValues>(
                                 {"/pretrained_cfg/mean", "/image_mean",
                                  "/preprocess_cfg/mean"}));
    const auto scale = file->First<ChannelValues>(
        {"/pretrained_cfg/std", "/image_std", "/preprocess_cfg/std"});
    if (scale && image::IsStd(*scale)) file->State(beside.std, scale);
    ReadInterpolation(*file, beside);
    ReadCrop(*file, beside);
    ReadModel(*file, beside);
    ReadArchitecture(*file, beside);
    ReadClasses(*file, beside);
  }
  return beside;
}

}  // namespace wsel::pretrained
