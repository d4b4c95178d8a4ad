#include "source_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "library_names.h"

namespace wsel::naming {

Rows& Rows::Add(std::string_view source, std::string_view timm,
                TensorLayout layout, Part part) {
  rows_.push_back(
      {prefix_ + std::string(source), std::string(timm), layout, part});
  return *this;
}

Rows& Rows::Layer(std::string_view source, std::string_view timm,
                  TensorLayout weight, Part part) {
  Add(fmt::format("{}.weight", source), fmt::format("{}.weight", timm), weight,
      part);
  return Add(fmt::format("{}.bias", source), fmt::format("{}.bias", timm),
             TensorLayout::kSame, part);
}

Rows& Rows::LayerWithoutPrefix(std::string_view source, std::string_view timm) {
  for (const char* kind : {"weight", "bias"}) {
    rows_.push_back(
        {fmt::format("{}.{}", source, kind), fmt::format("{}.{}", timm, kind)});
  }
  return *this;
}

const std::vector<Source>& Sources() {
  static const std::vector<Source> sources = [] {
    std::vector<Source> out;
    std::apply([&](const auto&... names) { (names.add_sources(out), ...); },
               kLibraryNames);
    return out;
  }();
  return sources;
}

std::vector<Row> With(std::vector<Row> rows, const std::vector<Row>& more) {
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

Exportable ExportableUnder(const std::string& prefix, const std::string& own) {
  if (prefix == own) return Exportable::kWithHead;
  return prefix.empty() ? Exportable::kWithoutHead : Exportable::kNone;
}

void AddClassPosition(std::vector<Row>& rows) {
  const auto positions = std::ranges::find(rows, "pos_embed", &Row::timm);
  positions->layout = TensorLayout::kLaterPositions;
  rows.push_back({positions->source, "cls_token", TensorLayout::kFirstPosition,
                  Part::kAddend});
}

PretrainedCfg ImageNetMeanStd() {
  PretrainedCfg cfg;
  cfg.mean = {0.485, 0.456, 0.406};
  cfg.std = {0.229, 0.224, 0.225};
  return cfg;
}

PretrainedCfg InceptionMeanStd() {
  PretrainedCfg cfg;
  cfg.mean = {0.5, 0.5, 0.5};
  cfg.std = {0.5, 0.5, 0.5};
  return cfg;
}

PretrainedCfg ClipMeanStd() {
  PretrainedCfg cfg;
  cfg.mean = {0.48145466, 0.4578275, 0.40821073};
  cfg.std = {0.26862954, 0.26130258, 0.27577711};
  return cfg;
}

}  // namespace wsel::naming
