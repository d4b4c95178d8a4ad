#include "wsel/naming/remap_state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "merged_source.h"
#include "wrappers.h"

namespace wsel::naming {
namespace {

constexpr int64_t kMaxBlocks = 1024;

struct SourceMatch {
  const Source* source = nullptr;
  std::string prefix;
  size_t rank = 0;
};

// The source whose first marker has the best-ranked prefix; in case of a tie
// the first source in the list.
SourceMatch FindSource(const TensorSource& file) {
  std::unordered_set<std::string_view> names;
  for (const TensorSpec& spec : file.Specs()) names.insert(spec.name);
  SourceMatch best;
  for (const Source& source : Sources()) {
    const std::string& anchor = source.markers.front();
    for (const TensorSpec& spec : file.Specs()) {
      if (!spec.name.ends_with(anchor)) continue;
      const std::string prefix =
          spec.name.substr(0, spec.name.size() - anchor.size());
      const auto rank = WrapperRank(prefix);
      if (!rank || (best.source != nullptr && best.rank <= *rank)) continue;
      if (!HasMarkers(source, prefix, names)) continue;
      if (source.accepts != nullptr && !source.accepts(file, prefix)) continue;
      best = {&source, prefix, *rank};
    }
  }
  return best;
}

// Whether the source's tensor stacks all blocks along its first dimension.
bool IsStacked(const Row& row) {
  return std::ranges::count(row.timm, '#') >
         std::ranges::count(row.source, '#');
}

// A tensor that is used unchanged.
Piece Whole(const TensorSpec& spec) {
  return {spec, TensorLayout::kSame, Part::kWhole, std::nullopt};
}

bool IsThird(Part part) {
  return part == Part::kQuery || part == Part::kKey || part == Part::kValue;
}

// Whether three times the first dimension does not overflow.
bool CanTriple(const Shape& shape) {
  return !shape.empty() && Numel({shape[0], 3});
}

std::string_view NameOf(Part part) {
  constexpr std::string_view kNames[] = {"whole", "query", "key", "value",
                                         "addend"};
  return kNames[static_cast<size_t>(part)];
}

// Remaps a file by the table of its source.
class Remapper {
 public:
  Remapper(const TensorSource& file, const SourceMatch& found)
      : file_(file), source_(*found.source), prefix_(found.prefix) {
    out_.prefix = prefix_;
    out_.source = source_.name;
    out_.warnings = source_.warnings;
    out_.pretrained_cfg = source_.pretrained_cfg;
  }

  RemappedStateDict Run() && {
    for (const TensorSpec& spec : file_.Specs()) Remap(spec);
    MergePieces();
    AddUnexpected();
    out_.tensors = std::make_unique<MergedSource>(file_, std::move(merged_));
    return std::move(out_);
  }

 private:
  // A piece and the timm tensor that it belongs to.
  struct Placed {
    std::string timm;
    Piece piece;
    Shape shape;  // in timm's layout
  };

  void Remap(const TensorSpec& spec) {
    if (!spec.name.starts_with(prefix_)) {
      out_.ignored.push_back({spec.name, OutsideReason(spec.name, prefix_)});
      return;
    }
    const std::string name = spec.name.substr(prefix_.size());
    std::vector<Placed> placed;
    for (const Row& row : source_.rows) {
      const auto numbers = Match(row.source, name);
      if (numbers && !AddPieces(row, *numbers, spec, placed)) return;
    }
    for (Placed& one : placed) {
      if (!Fits(one)) return;
    }
    for (Placed& one : placed) Put(std::move(one));
    if (placed.empty()) IgnoreOrReject(spec, name);
  }

  // Adds the pieces of timm tensors that a row makes of a tensor; false if the
  // tensor is rejected.
  bool AddPieces(const Row& row, const Numbers& numbers, const TensorSpec& spec,
                 std::vector<Placed>& placed) {
    Shape shape = spec.shape;
    int64_t blocks = 1;
    if (IsStacked(row)) {
      if (shape.empty() || shape[0] < 1 || shape[0] > kMaxBlocks) {
        return Reject(spec, fmt::format("has shape {}; the first dimension "
                                        "should be the number of blocks",
                                        FormatShape(shape)));
      }
      blocks = shape[0];
      shape.erase(shape.begin());
    }
    const auto timm_shape = TimmShape(row.layout, shape);
    if (!timm_shape || (IsThird(row.part) && !CanTriple(*timm_shape))) {
      return Reject(spec, fmt::format("has shape {}, which {} does not have",
                                      FormatShape(spec.shape), source_.name));
    }
    for (int64_t block = 0; block < blocks; ++block) {
      Numbers all = numbers;
      Piece piece = {spec, row.layout, row.part, std::nullopt};
      if (IsStacked(row)) {
        all.push_back(std::to_string(block));
        piece.block = block;
      }
      placed.push_back({Fill(row.timm, all), std::move(piece), *timm_shape});
    }
    return true;
  }

  // Whether no other tensor is the same piece, and the other pieces of the
  // timm tensor have the same type and shape.
  bool Fits(const Placed& one) {
    const auto found = index_.find(one.timm);
    if (found == index_.end()) return true;
    for (const Placed& other : places_[found->second]) {
      const TensorSpec& other_spec = other.piece.spec;
      if (other.piece.part == one.piece.part) {
        return Reject(one.piece.spec, fmt::format("is timm's {}, as is {}",
                                                  one.timm, other_spec.name));
      }
      const bool equal =
          other_spec.dtype == one.piece.spec.dtype && other.shape == one.shape;
      if (!equal) {
        return Reject(
            one.piece.spec,
            fmt::format("differs from {} in type or shape", other_spec.name));
      }
    }
    return true;
  }

  void Put(Placed one) {
    const auto [at, added] = index_.try_emplace(one.timm, places_.size());
    if (added) places_.emplace_back();
    places_[at->second].push_back(std::move(one));
  }

  void IgnoreOrReject(const TensorSpec& spec, const std::string& name) {
    for (const IgnoredPattern& row : source_.ignored) {
      if (!Match(row.pattern, name)) continue;
      out_.ignored.push_back({spec.name, std::string(row.reason)});
      return;
    }
    Reject(spec, fmt::format("is not a tensor of {}", source_.name));
  }

  bool Reject(const TensorSpec& spec, std::string reason) {
    out_.unexpected.push_back({spec.name, std::move(reason)});
    unexpected_.push_back(spec);
    return false;
  }

  // Merges the pieces of every timm tensor; rejects incomplete ones.
  void MergePieces() {
    for (std::vector<Placed>& place : places_) {
      std::ranges::sort(place, {},
                        [](const Placed& p) { return p.piece.part; });
      // Parts are distinct, so three thirds are query, key and value.
      const auto thirds = std::ranges::count_if(
          place, [](const Placed& p) { return IsThird(p.piece.part); });
      const bool whole = place.front().piece.part == Part::kWhole;
      if (whole ? thirds == 0 : thirds == 3 && place.size() == 3) {
        Merge(place);
        continue;
      }
      for (const Placed& one : place) {
        Reject(
            one.piece.spec,
            fmt::format("is the {} of timm's {}; its other parts are missing",
                        NameOf(one.piece.part), one.timm));
      }
    }
  }

  void Merge(std::vector<Placed>& place) {
    MergedTensor merged;
    merged.spec = {place[0].timm, place[0].shape, place[0].piece.spec.dtype};
    if (place.size() == 3) merged.spec.shape[0] *= 3;
    for (Placed& one : place) {
      const std::string& name = one.piece.spec.name;
      if (used_names_.insert(name).second)
        out_.used.push_back({name, one.timm});
      merged.pieces.push_back(std::move(one.piece));
    }
    merged_.push_back(std::move(merged));
  }

  // Unexpected tensors keep their own names unless those are taken.
  void AddUnexpected() {
    for (const TensorSpec& spec : unexpected_) {
      const std::string name = spec.name.substr(prefix_.size());
      if (!index_.try_emplace(name, 0).second) continue;
      merged_.push_back({{name, spec.shape, spec.dtype}, {Whole(spec)}});
    }
  }

  const TensorSource& file_;
  const Source& source_;
  std::string prefix_;
  std::vector<std::vector<Placed>> places_;
  std::unordered_map<std::string, size_t> index_;  // timm's name -> place
  std::vector<MergedTensor> merged_;
  std::unordered_set<std::string> used_names_;
  std::vector<TensorSpec> unexpected_;
  RemappedStateDict out_;
};

// A file of an unknown source, under its own names.
RemappedStateDict Unmapped(const TensorSource& file) {
  std::vector<MergedTensor> merged;
  for (const TensorSpec& spec : file.Specs()) {
    merged.push_back({spec, {Whole(spec)}});
  }
  RemappedStateDict out;
  out.tensors = std::make_unique<MergedSource>(file, std::move(merged));
  return out;
}

}  // namespace

RemappedStateDict RemapStateDict(const TensorSource& file) {
  const SourceMatch found = FindSource(file);
  return found.source == nullptr ? Unmapped(file) : Remapper(file, found).Run();
}

}  // namespace wsel::naming
