#include "wsel/naming/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "library_names.h"
#include "wsel/core/error.h"
#include "wsel/model/config.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::naming {
namespace {

// A tensor to write, and the (part of a) timm tensor that it is.
struct ExportedTensor {
  TensorSpec spec;
  std::string timm;
  TensorLayout layout = TensorLayout::kSame;
  Part part = Part::kWhole;
};

// timm's tensors under other names, split when they are viewed.
class ExportedSource : public TensorSource {
 public:
  ExportedSource(const TensorSource& timm, std::vector<ExportedTensor> exported)
      : timm_(timm) {
    for (ExportedTensor& one : exported) {
      specs_.push_back(one.spec);
      by_name_[one.spec.name] = std::move(one);
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }

  TensorView View(std::string_view name) const override {
    const auto found = by_name_.find(std::string(name));
    if (found == by_name_.end()) {
      throw Error(ErrorKind::kMismatch, name,
                  "is not among the exported tensors");
    }
    const ExportedTensor& one = found->second;
    TensorView view = timm_.View(one.timm);
    if (one.part != Part::kWhole) {
      const int64_t third = view.spec.shape[0] / 3;
      const auto which =
          static_cast<int64_t>(one.part) - static_cast<int64_t>(Part::kQuery);
      view = Narrow(std::move(view), 0, which * third, third);
    }
    view = ToSource(one.layout, view);
    view.spec.name = name;
    return view;
  }

 private:
  const TensorSource& timm_;
  std::vector<TensorSpec> specs_;
  std::unordered_map<std::string, ExportedTensor> by_name_;
};

bool IsZero(const TensorView& view) {
  return std::ranges::all_of(view.bytes,
                             [](std::byte b) { return b == std::byte{0}; });
}

std::optional<ExportedTensor> ExportByRow(const Row& row,
                                          const Numbers& numbers,
                                          const TensorSpec& spec) {
  Shape shape = spec.shape;
  if (row.part != Part::kWhole) {
    if (shape.empty() || shape[0] % 3 != 0) return std::nullopt;
    shape[0] /= 3;
  }
  const auto source_shape = SourceShape(row.layout, shape);
  if (!source_shape) return std::nullopt;
  return ExportedTensor{{Fill(row.source, numbers), *source_shape, spec.dtype},
                        spec.name,
                        row.layout,
                        row.part};
}

// Exports a timm tensor by the first row that matches it or, if the source
// splits it, by the first row for each part. False if there is none.
bool ExportBySource(const Source& source, const TensorSource& timm,
                    const TensorSpec& spec, std::vector<ExportedTensor>& out) {
  std::vector<Part> done;
  for (const Row& row : source.rows) {
    const auto numbers = Match(row.timm, spec.name);
    if (!numbers || std::ranges::count(done, row.part) > 0) continue;
    if (row.layout == TensorLayout::kZeros ||
        row.layout == TensorLayout::kZerosOfRows) {
      // The source has no such bias; it can be omitted if it is 0.
      return IsZero(timm.View(spec.name));
    }
    auto tensor = ExportByRow(row, *numbers, spec);
    if (!tensor) return false;
    done.push_back(row.part);
    out.push_back(std::move(*tensor));
    if (row.part == Part::kWhole) return true;
  }
  return done.size() == 3;
}

bool HasHead(const TensorSource& timm) {
  return timm.Find("head.weight") != nullptr ||
         timm.Find("head.fc.weight") != nullptr;
}

bool IsExportable(const Source& source, Naming naming, bool has_head) {
  if (source.naming != naming) return false;
  if (source.exportable == Exportable::kAll) return true;
  return source.exportable ==
         (has_head ? Exportable::kWithHead : Exportable::kWithoutHead);
}

// Whether the exported file would be recognised as `source`.
bool IsRecognised(const Source& source,
                  const std::vector<ExportedTensor>& exported) {
  std::unordered_set<std::string_view> names;
  for (const ExportedTensor& one : exported) names.insert(one.spec.name);
  return HasMarkers(source, "", names);
}

}  // namespace

const Registry<Naming>& Namings() {
  static constexpr Registered<Naming> kRows[] = {
      {Naming::kTimm, "timm", "timm and programs built on it"},
      {Naming::kHuggingFace, "hf", "Hugging Face's transformers"},
      {Naming::kTorchvision, "torchvision", "torchvision.models"},
      {Naming::kMeta, "meta", "Meta's ConvNeXt"},
  };
  static constexpr Registry<Naming> kRegistry("naming", kRows);
  return kRegistry;
}

std::unique_ptr<TensorSource> Export(const TensorSource& tensors,
                                     Naming naming) {
  if (naming == Naming::kTimm) {
    std::vector<ExportedTensor> all;
    for (const TensorSpec& spec : tensors.Specs()) {
      all.push_back({spec, spec.name});
    }
    return std::make_unique<ExportedSource>(tensors, std::move(all));
  }
  // The tensor without a name in the table that exports the most tensors.
  std::string unnamed;
  size_t furthest = 0;
  for (const Source& source : Sources()) {
    if (!IsExportable(source, naming, HasHead(tensors))) continue;
    std::vector<ExportedTensor> exported;
    size_t count = 0;
    for (const TensorSpec& spec : tensors.Specs()) {
      if (!ExportBySource(source, tensors, spec, exported)) break;
      ++count;
    }
    if (count == tensors.Specs().size()) {
      if (!IsRecognised(source, exported)) continue;
      return std::make_unique<ExportedSource>(tensors, std::move(exported));
    }
    if (unnamed.empty() || count > furthest) {
      furthest = count;
      unnamed = tensors.Specs()[count].name;
    }
  }
  const std::string_view name = Namings().NameOf(naming);
  if (unnamed.empty()) {
    throw Error(ErrorKind::kMismatch, name,
                "has no model with exactly these tensors; use naming 'timm'");
  }
  throw Error(ErrorKind::kMismatch, unnamed,
              "has no name in {}; use naming 'timm'", name);
}

void RequireExportable(const model::Config& config, Naming naming) {
  if (naming == Naming::kTimm) return;
  const std::string what =
      WithNames(config, [&](const auto& names, const auto& c) {
        return names.inexpressible(c, naming);
      });
  if (what.empty()) return;
  throw Error(ErrorKind::kMismatch, NameOf(config),
              "{}, which `naming` {} cannot express; `naming` timm can", what,
              Namings().NameOf(naming));
}

std::vector<std::string> DifferencesOnceExported(const model::Config& config,
                                                 Naming naming) {
  if (naming == Naming::kTimm) return {};
  return WithNames(config, [&](const auto& names, auto built) {
    names.build_as(built, naming);
    return ForwardDifferences(config, built);
  });
}

nlohmann::ordered_json HfModel(const std::string& type,
                               const std::string& architecture,
                               const nlohmann::ordered_json& sizes) {
  nlohmann::ordered_json json = {{"model_type", type},
                                 {"architectures", {architecture}}};
  json.update(sizes);
  return json;
}

std::string HfConfig(const model::Config& config,
                     const std::vector<std::string>& classes) {
  auto json = WithNames(config, [](const auto& names, const auto& c) {
    return names.hf_config(c);
  });
  if (json.contains("num_labels") && json["num_labels"] == classes.size()) {
    for (size_t i = 0; i < classes.size(); ++i) {
      json["id2label"][std::to_string(i)] = classes[i];
      json["label2id"][classes[i]] = i;
    }
  }
  return json.dump(2) + "\n";
}

std::string TimmConfig(const model::Config& config,
                       const nlohmann::ordered_json& images,
                       const std::vector<std::string>& classes) {
  const TimmModel model = WithNames(
      config,
      [](const auto& names, const auto& c) { return names.timm_model(c); });
  nlohmann::ordered_json json = {{"architecture", model.architecture},
                                 {"num_classes", NumClasses(config)},
                                 {"num_features", NumFeatures(config)},
                                 {"global_pool", model.global_pool},
                                 {"model_args", model.arguments}};
  if (!classes.empty()) json["label_names"] = classes;
  auto& cfg = json["pretrained_cfg"];
  cfg = images;
  cfg["fixed_input_size"] = TokensOf(config).grid.Area() > 0;
  cfg["num_classes"] = NumClasses(config);
  cfg["first_conv"] = model.first_conv;
  cfg["classifier"] = model.classifier;
  return json.dump(2) + "\n";
}

}  // namespace wsel::naming
