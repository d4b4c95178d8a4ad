#include "remapper.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "merged_source.h"
#include "wrappers.h"

namespace wsel::naming {
namespace {

constexpr int64_t kMaxBlocks = 1024;

constexpr std::string_view kSeveralLayers =
    "part of a head of several layers, which is not supported";
constexpr std::string_view kAttentionPooling =
    "part of a head with attention pooling, which is not supported";

// Heads of kinds that no model here has. Such a head, its classifier included,
// is left out.
constexpr std::pair<std::string_view, std::string_view> kOtherHeads[] = {
    {"head.%.*", kSeveralLayers},
    {"heads.%.*", kSeveralLayers},
    {"head.mlp.*", kSeveralLayers},
    {"head.last_layer.*", kSeveralLayers},
    {"head.pre_logits.*", kSeveralLayers},  // of a ViT
    {"heads.pre_logits.*", kSeveralLayers},
    {"classifier.*", "part of a head that is not supported"},
    {"attn_pool.*", kAttentionPooling},
    {"MAPHead_0/*", kAttentionPooling},
    {"opt/target/MAPHead_0/*", kAttentionPooling},
    {"params/MAPHead_0/*", kAttentionPooling},
    {"params/img/MAPHead_0/*", kAttentionPooling},
};

// What kind of unsupported head a tensor is part of, or "".
std::string_view OtherHead(std::string_view name) {
  for (const auto& [pattern, reason] : kOtherHeads) {
    if (Match(pattern, name)) return reason;
  }
  return "";
}

// ConvNeXt's head.norm is the last norm of the backbone.
bool IsHead(std::string_view timm) {
  return timm.starts_with("head") && !timm.starts_with("head.norm.");
}

// Whether the source's tensor stacks all blocks along its first dimension.
bool IsStacked(const Row& row) {
  return std::ranges::count(row.timm, '#') >
         std::ranges::count(row.source, '#');
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

// The work of Remap, tensor by tensor.
class Remapper {
 public:
  Remapper(const TensorSource& file, const std::vector<std::string>& names,
           const Copy& copy, std::vector<std::string> others)
      : file_(file),
        names_(names),
        source_(*copy.source),
        prefix_(copy.prefix),
        others_(std::move(others)) {
    out_.prefix = copy.file_prefix;
    out_.source = source_.name;
    out_.warnings = source_.warnings;
    out_.pretrained_cfg = source_.pretrained_cfg;
  }

  RemappedStateDict Run() && {
    FindOtherHead();
    for (size_t i = 0; i < names_.size(); ++i) {
      Remap(file_.Specs()[i], names_[i]);
    }
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
    const Row* row = nullptr;
  };

  // Sets why the head is left out, if it is of another kind.
  void FindOtherHead() {
    for (const std::string& name : names_) {
      if (!name.starts_with(prefix_)) continue;
      const std::string rest = name.substr(prefix_.size());
      const std::string_view reason = OtherHead(rest);
      if (!reason.empty() && !IsNamed(rest)) other_head_ = reason;
    }
  }

  // Whether the source names a tensor, used or ignored.
  bool IsNamed(const std::string& name) const {
    const auto used = [&](const Row& row) {
      return Match(row.source, name).has_value();
    };
    return std::ranges::any_of(source_.rows, used) ||
           !IgnoredBecause(name).empty();
  }

  // The source's reason to ignore a tensor, or "".
  std::string_view IgnoredBecause(const std::string& name) const {
    for (const IgnoredPattern& row : source_.ignored) {
      if (Match(row.pattern, name)) return row.reason;
    }
    return "";
  }

  std::string OutsideReason(const std::string& name) const {
    const std::string_view state = OtherState(name);
    if (!state.empty()) return std::string(state);
    for (const std::string& other : others_) {
      if (!name.starts_with(other)) continue;
      return fmt::format("another copy, '{}'; '{}' is used", other,
                         out_.prefix);
    }
    return fmt::format("not under '{}', the prefix of the weights",
                       out_.prefix);
  }

  void Remap(const TensorSpec& spec, const std::string& plain) {
    if (!plain.starts_with(prefix_)) {
      out_.ignored.push_back({spec.name, OutsideReason(plain)});
      return;
    }
    const std::string name = plain.substr(prefix_.size());
    std::vector<Placed> placed;
    for (const Row& row : source_.rows) {
      const auto numbers = Match(row.source, name);
      if (!numbers) continue;
      if (!other_head_.empty() && IsHead(row.timm)) {
        out_.ignored.push_back({spec.name, std::string(other_head_)});
        return;
      }
      if (!AddPieces(row, *numbers, spec, placed)) return;
    }
    if (!AreDistinct(placed)) return;
    for (const Placed& one : placed) {
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
    if (row.layout == TensorLayout::kToHeads) {
      out_.pretrained_cfg.num_heads = shape[1];
    }
    for (int64_t block = 0; block < blocks; ++block) {
      Numbers all = numbers;
      Piece piece = {spec, row.layout, row.part, std::nullopt};
      if (IsStacked(row)) {
        all.push_back(std::to_string(block));
        piece.block = block;
      }
      placed.push_back(
          {Fill(row.timm, all), std::move(piece), *timm_shape, &row});
    }
    return true;
  }

  // Whether each row makes another piece of the tensor. Two that make the same
  // one are a mistake in the table, and would be added up.
  bool AreDistinct(const std::vector<Placed>& placed) {
    std::map<std::pair<std::string_view, Part>, const Row*> pieces;
    for (const Placed& one : placed) {
      const auto [at, is_new] = pieces.try_emplace(
          std::pair(std::string_view{one.timm}, one.piece.part), one.row);
      if (is_new) continue;
      return Reject(one.piece.spec,
                    fmt::format("is placed twice as timm's {}, by the names "
                                "'{}' and '{}' of {}",
                                one.timm, at->second->source, one.row->source,
                                source_.name));
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
    std::string_view reason = IgnoredBecause(name);
    if (reason.empty()) reason = OtherHead(name);
    if (!reason.empty()) {
      out_.ignored.push_back({spec.name, std::string(reason)});
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
      if (used_names_.insert(name).second) {
        out_.used.push_back({name, one.timm});
      }
      merged.pieces.push_back(std::move(one.piece));
    }
    merged_.push_back(std::move(merged));
  }

  // Unexpected tensors keep their own names unless those are taken.
  void AddUnexpected() {
    for (const TensorSpec& spec : unexpected_) {
      const std::string name = PlainName(spec.name).substr(prefix_.size());
      if (!index_.try_emplace(name, 0).second) continue;
      merged_.push_back({{name, spec.shape, spec.dtype}, {Whole(spec)}});
    }
  }

  const TensorSource& file_;
  const std::vector<std::string>& names_;
  const Source& source_;
  std::string prefix_;  // of plain names
  std::vector<std::string> others_;
  std::string_view other_head_;  // why the head is left out; "": it is not
  std::vector<std::vector<Placed>> places_;
  std::unordered_map<std::string, size_t> index_;  // timm's name -> place
  std::vector<MergedTensor> merged_;
  std::unordered_set<std::string> used_names_;
  std::vector<TensorSpec> unexpected_;
  RemappedStateDict out_;
};

}  // namespace

RemappedStateDict Remap(const TensorSource& file,
                        const std::vector<std::string>& names, const Copy& copy,
                        std::vector<std::string> others) {
  return Remapper(file, names, copy, std::move(others)).Run();
}

}  // namespace wsel::naming
