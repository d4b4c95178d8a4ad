#include "source_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace wsel::naming {

Rows& Rows::Add(std::string_view theirs, std::string_view timm, Layout layout,
                Part part) {
  rows_.push_back(
      {prefix_ + std::string(theirs), std::string(timm), layout, part});
  return *this;
}

Rows& Rows::Layer(std::string_view theirs, std::string_view timm, Layout weight,
                  Part part) {
  Add(fmt::format("{}.weight", theirs), fmt::format("{}.weight", timm), weight,
      part);
  return Add(fmt::format("{}.bias", theirs), fmt::format("{}.bias", timm),
             Layout::kSame, part);
}

Rows& Rows::Outside(std::string_view theirs, std::string_view timm) {
  for (const char* kind : {"weight", "bias"}) {
    rows_.push_back(
        {fmt::format("{}.{}", theirs, kind), fmt::format("{}.{}", timm, kind)});
  }
  return *this;
}

const std::vector<Source>& Sources() {
  static const std::vector<Source> sources = [] {
    std::vector<Source> out;
    AddClip(out);
    AddHuggingFace(out);
    AddTorchvision(out);
    AddMeta(out);
    AddFlax(out);
    AddTimm(out);
    return out;
  }();
  return sources;
}

void FoldClassPosition(std::vector<Row>& rows) {
  const auto positions = std::ranges::find(rows, "pos_embed", &Row::timm);
  positions->layout = Layout::kLaterPositions;
  rows.push_back(
      {positions->theirs, "cls_token", Layout::kFirstPosition, Part::kAddend});
}

Facts ImageNetPictures() {
  Facts facts;
  facts.mean = {0.485, 0.456, 0.406};
  facts.std = {0.229, 0.224, 0.225};
  return facts;
}

Facts InceptionPictures() {
  Facts facts;
  facts.mean = {0.5, 0.5, 0.5};
  facts.std = {0.5, 0.5, 0.5};
  return facts;
}

Facts ClipPictures() {
  Facts facts;
  facts.mean = {0.48145466, 0.4578275, 0.40821073};
  facts.std = {0.26862954, 0.26130258, 0.27577711};
  return facts;
}

}  // namespace wsel::naming
