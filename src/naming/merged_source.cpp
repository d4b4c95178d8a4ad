#include "merged_source.h"

#include "wsel/core/error.h"
#include "wsel/tensor/cast.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::naming {

Piece Whole(const TensorSpec& spec) {
  return {spec, TensorLayout::kSame, Part::kWhole, std::nullopt};
}

MergedSource::MergedSource(const TensorSource& file,
                           std::vector<MergedTensor> merged)
    : file_(file) {
  for (MergedTensor& one : merged) {
    specs_.push_back(one.spec);
    by_name_[one.spec.name] = std::move(one);
  }
}

const MergedTensor& MergedSource::Get(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  if (found == by_name_.end()) {
    throw Error(ErrorKind::kMismatch, name, "is not in the checkpoint");
  }
  return found->second;
}

TensorView MergedSource::ViewPiece(const Piece& piece) const {
  TensorView view = file_.View(piece.spec.name);
  if (piece.block) {
    const Shape all = view.spec.shape;  // [blocks, ...]
    view = Reshape(Narrow(std::move(view), 0, *piece.block, 1),
                   Shape(all.begin() + 1, all.end()));
  }
  return ToTimm(piece.layout, view);
}

TensorView MergedSource::View(std::string_view name) const {
  const MergedTensor& merged = Get(name);
  std::vector<TensorView> parts;
  parts.reserve(merged.pieces.size());
  for (const Piece& piece : merged.pieces) parts.push_back(ViewPiece(piece));
  TensorView view = parts.front();
  if (parts.size() == 2) view = Add(parts[0], parts[1]);
  if (parts.size() == 3) view = Concatenate(name, parts);
  view.spec.name = name;
  return view;
}

void MergedSource::Release(std::string_view name) const {
  for (const Piece& piece : Get(name).pieces) {
    // Keep a stacked tensor: its other blocks will be needed soon.
    if (!piece.block) file_.Release(piece.spec.name);
  }
}

}  // namespace wsel::naming
