#include "assembled.h"

#include "wsel/core/error.h"
#include "wsel/tensor/cast.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::naming {

Assembled::Assembled(const TensorSource& file, std::vector<Assembly> assemblies)
    : file_(file), assemblies_(std::move(assemblies)) {
  for (const Assembly& assembly : assemblies_) {
    index_[assembly.spec.name] = specs_.size();
    specs_.push_back(assembly.spec);
  }
}

const Assembly& Assembled::Get(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  if (found == index_.end()) {
    throw Error(ErrorKind::kMismatch, name, "is not in the checkpoint");
  }
  return assemblies_[found->second];
}

TensorView Assembled::ViewPiece(const Piece& piece) const {
  TensorView view = file_.View(piece.spec.name);
  if (piece.block) {
    const Shape all = view.spec.shape;  // [blocks, ...]
    view = Reshape(Narrow(std::move(view), 0, *piece.block, 1),
                   Shape(all.begin() + 1, all.end()));
  }
  return InTimm(piece.layout, view);
}

TensorView Assembled::View(std::string_view name) const {
  const Assembly& assembly = Get(name);
  std::vector<TensorView> parts;
  parts.reserve(assembly.pieces.size());
  for (const Piece& piece : assembly.pieces) parts.push_back(ViewPiece(piece));
  TensorView view = parts.front();
  if (parts.size() == 2) view = Add(parts[0], parts[1]);
  if (parts.size() == 3) view = Concatenate(name, parts);
  view.spec.name = name;
  return view;
}

void Assembled::Drop(std::string_view name) const {
  for (const Piece& piece : Get(name).pieces) {
    // The other blocks of a stacked tensor will be needed soon.
    if (!piece.block) file_.Drop(piece.spec.name);
  }
}

}  // namespace wsel::naming
