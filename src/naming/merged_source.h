// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "source_table.h"

namespace wsel::naming {

// A tensor of the file that is a timm tensor or a part of one.
struct Piece {
  TensorSpec spec;  // in the file
  TensorLayout layout = TensorLayout::kSame;
  Part part = Part::kWhole;
  // The block's index, if the file's tensor stacks all blocks.
  std::optional<int64_t> block;
};
// A tensor that is used unchanged.
Piece Whole(const TensorSpec& spec);

// A timm tensor and the pieces it is made of: a whole, a whole and its addend,
// or query, key and value, in this order.
struct MergedTensor {
  TensorSpec spec;
  std::vector<Piece> pieces;
};

// Tensors that are merged when they are viewed. Those of one piece share the
// file's memory if its layout allows.
class MergedSource : public TensorSource {
 public:
  // `file` must outlive this.
  MergedSource(const TensorSource& file, std::vector<MergedTensor> merged);

  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override;
  void Release(std::string_view name) const override;

 private:
  const MergedTensor& Get(std::string_view name) const;
  TensorView ViewPiece(const Piece& piece) const;

  const TensorSource& file_;
  std::vector<TensorSpec> specs_;
  std::unordered_map<std::string, MergedTensor> by_name_;
};

}  // namespace wsel::naming
