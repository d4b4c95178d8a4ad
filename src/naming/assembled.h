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

// A file's tensor, as one of timm's or a part of it.
struct Piece {
  TensorSpec spec;  // in the file
  Layout layout = Layout::kSame;
  Part part = Part::kWhole;
  // Where the file's tensor holds all blocks: which one.
  std::optional<int64_t> block;
};

// A tensor of timm's and what it is made of: a whole, a whole and its addend,
// or query, key and value, in that order.
struct Assembly {
  TensorSpec spec;
  std::vector<Piece> pieces;
};

// Tensors that are put together when they are viewed: those of one piece share
// the file's memory wherever it lies so that they can.
class Assembled : public TensorSource {
 public:
  // `file` must outlive this.
  Assembled(const TensorSource& file, std::vector<Assembly> assemblies);

  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override;
  void Drop(std::string_view name) const override;

 private:
  const Assembly& Get(std::string_view name) const;
  TensorView ViewPiece(const Piece& piece) const;

  const TensorSource& file_;
  std::vector<Assembly> assemblies_;
  std::vector<TensorSpec> specs_;
  std::unordered_map<std::string, size_t> index_;
};

}  // namespace wsel::naming
