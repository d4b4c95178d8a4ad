#include "wsel/naming/adapt.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "assembled.h"
#include "pattern.h"
#include "wrappers.h"

namespace wsel::naming {
namespace {

constexpr int64_t kMaxBlocks = 1024;

using Names = std::unordered_set<std::string_view>;

Names NamesOf(const TensorSource& file) {
  Names names;
  for (const TensorSpec& spec : file.Specs()) names.insert(spec.name);
  return names;
}

bool HasMarkers(const Source& source, const std::string& prefix,
                const TensorSource& file, const Names& names) {
  for (const std::string& marker : source.markers) {
    const bool absent = marker.starts_with('!');
    const std::string name = prefix + marker.substr(absent ? 1 : 0);
    if (names.contains(name) == absent) return false;
  }
  return source.accepts == nullptr || source.accepts(file, prefix);
}

struct Found {
  const Source* source = nullptr;
  std::string prefix;
  size_t rank = 0;
};

// The source whose first marker lies in the best wrapper; of several there the
// first in the list.
Found FindSource(const TensorSource& file) {
  const Names names = NamesOf(file);
  Found best;
  for (const Source& source : Sources()) {
    const std::string& anchor = source.markers.front();
    for (const TensorSpec& spec : file.Specs()) {
      if (!spec.name.ends_with(anchor)) continue;
      const std::string prefix =
          spec.name.substr(0, spec.name.size() - anchor.size());
      const auto rank = WrapperRank(prefix);
      if (!rank || (best.source != nullptr && best.rank <= *rank)) continue;
      if (!HasMarkers(source, prefix, file, names)) continue;
      best = {&source, prefix, *rank};
    }
  }
  return best;
}

int64_t CountOf(std::string_view pattern, char c) {
  return std::count(pattern.begin(), pattern.end(), c);
}

// Whether a row's tensor holds all blocks along its first dimension.
bool IsStacked(const Row& row) {
  return CountOf(row.timm, '#') > CountOf(row.theirs, '#');
}

// A tensor that is taken as it stands.
Piece Whole(const TensorSpec& spec) {
  return {spec, Layout::kSame, Part::kWhole, std::nullopt};
}

bool IsThird(Part part) {
  return part == Part::kQuery || part == Part::kKey || part == Part::kValue;
}

// Whether three times the first dimension is a size too.
bool CanBeThird(const Shape& shape) {
  return !shape.empty() && ElementCount({shape[0], 3});
}

std::string_view NameOf(Part part) {
  constexpr std::string_view kNames[] = {"whole", "query", "key", "value",
                                         "addend"};
  return kNames[static_cast<size_t>(part)];
}

// One reading of a file by a source's table.
class Reading {
 public:
  Reading(const TensorSource& file, Found found)
      : file_(file), source_(*found.source), prefix_(std::move(found.prefix)) {}

  Adapted Take() {
    for (const TensorSpec& spec : file_.Specs()) Account(spec);
    Complete();
    return Result();
  }

 private:
  // A piece, and the tensor that it belongs to.
  struct Placed {
    std::string timm;
    Piece piece;
    Shape shape;  // in timm's layout
  };

  void Account(const TensorSpec& spec) {
    if (!spec.name.starts_with(prefix_)) {
      ignored_.push_back({spec.name, OutsideReason(spec.name, prefix_)});
      return;
    }
    const std::string name = spec.name.substr(prefix_.size());
    std::vector<Placed> placed;
    for (const Row& row : source_.rows) {
      const auto numbers = Match(row.theirs, name);
      if (numbers && !Place(row, *numbers, spec, placed)) return;
    }
    for (Placed& one : placed) {
      if (!Fits(one)) return;
    }
    for (Placed& one : placed) Put(std::move(one));
    if (placed.empty()) SetAside(spec, name);
  }

  // Adds the pieces that a row makes of a tensor; false where it is refused.
  bool Place(const Row& row, const Numbers& numbers, const TensorSpec& spec,
             std::vector<Placed>& placed) {
    Shape shape = spec.shape;
    int64_t blocks = 1;
    if (IsStacked(row)) {
      if (shape.empty() || shape[0] < 1 || shape[0] > kMaxBlocks) {
        return Refuse(spec, fmt::format("has shape {}; its first dimension "
                                        "should count blocks",
                                        FormatShape(shape)));
      }
      blocks = shape[0];
      shape.erase(shape.begin());
    }
    const auto in_timm = ShapeInTimm(row.layout, shape);
    if (!in_timm || (IsThird(row.part) && !CanBeThird(*in_timm))) {
      return Refuse(spec, fmt::format("has shape {}, which is none that {} "
                                      "gives it",
                                      FormatShape(spec.shape), source_.name));
    }
    for (int64_t block = 0; block < blocks; ++block) {
      Numbers all = numbers;
      Piece piece = {spec, row.layout, row.part, std::nullopt};
      if (IsStacked(row)) {
        all.push_back(std::to_string(block));
        piece.block = block;
      }
      placed.push_back({Fill(row.timm, all), std::move(piece), *in_timm});
    }
    return true;
  }

  // Whether the tensor's place is free and its neighbours are alike.
  bool Fits(const Placed& one) {
    const auto found = index_.find(one.timm);
    if (found == index_.end()) return true;
    for (const Placed& other : places_[found->second]) {
      const TensorSpec& theirs = other.piece.spec;
      if (other.piece.part == one.piece.part) {
        return Refuse(one.piece.spec, fmt::format("is timm's {}, and so is {}",
                                                  one.timm, theirs.name));
      }
      const bool alike =
          theirs.dtype == one.piece.spec.dtype && other.shape == one.shape;
      if (!alike) {
        return Refuse(
            one.piece.spec,
            fmt::format("does not go with {} in type or shape", theirs.name));
      }
    }
    return true;
  }

  void Put(Placed one) {
    const auto [at, added] = index_.try_emplace(one.timm, places_.size());
    if (added) places_.emplace_back();
    places_[at->second].push_back(std::move(one));
  }

  void SetAside(const TensorSpec& spec, const std::string& name) {
    for (const Without& row : source_.without) {
      if (!Match(row.theirs, name)) continue;
      ignored_.push_back({spec.name, std::string(row.reason)});
      return;
    }
    Refuse(spec, fmt::format("is no tensor of {}", source_.name));
  }

  bool Refuse(const TensorSpec& spec, std::string reason) {
    refused_.push_back({spec.name, std::move(reason)});
    rest_.push_back(spec);
    return false;
  }

  // Turns places into assemblies, but for those that lack a part.
  void Complete() {
    for (std::vector<Placed>& place : places_) {
      std::ranges::sort(place, {},
                        [](const Placed& p) { return p.piece.part; });
      // Parts differ, so three thirds are all there are.
      const auto thirds = std::ranges::count_if(
          place, [](const Placed& p) { return IsThird(p.piece.part); });
      const bool whole = place.front().piece.part == Part::kWhole;
      if (whole ? thirds == 0 : thirds == 3 && place.size() == 3) {
        Assemble(place);
        continue;
      }
      for (const Placed& one : place) {
        Refuse(one.piece.spec,
               fmt::format("is the {} of timm's {}, of which other parts are "
                           "missing",
                           NameOf(one.piece.part), one.timm));
      }
    }
  }

  void Assemble(std::vector<Placed>& place) {
    Assembly assembly;
    assembly.spec = {place[0].timm, place[0].shape, place[0].piece.spec.dtype};
    if (place.size() == 3) assembly.spec.shape[0] *= 3;
    for (Placed& one : place) {
      const std::string& name = one.piece.spec.name;
      if (used_names_.insert(name).second) used_.push_back({name, one.timm});
      assembly.pieces.push_back(std::move(one.piece));
    }
    assemblies_.push_back(std::move(assembly));
  }

  Adapted Result() {
    // What was refused stays visible under its own name, unless that is taken.
    for (const TensorSpec& spec : rest_) {
      const std::string name = spec.name.substr(prefix_.size());
      if (!index_.try_emplace(name, 0).second) continue;
      assemblies_.push_back({{name, spec.shape, spec.dtype}, {Whole(spec)}});
    }
    Adapted out;
    out.tensors = std::make_unique<Assembled>(file_, std::move(assemblies_));
    out.prefix = prefix_;
    out.source = source_.name;
    out.doubts = source_.doubts;
    out.facts = source_.facts;
    out.used = std::move(used_);
    out.ignored = std::move(ignored_);
    out.refused = std::move(refused_);
    return out;
  }

  const TensorSource& file_;
  const Source& source_;
  std::string prefix_;
  std::vector<std::vector<Placed>> places_;
  std::unordered_map<std::string, size_t> index_;  // timm's name -> place
  std::vector<Assembly> assemblies_;
  std::unordered_set<std::string> used_names_;
  std::vector<Used> used_;
  std::vector<Unused> ignored_;
  std::vector<Unused> refused_;
  std::vector<TensorSpec> rest_;
};

// A file that nobody knows, as it stands.
Adapted AsItStands(const TensorSource& file) {
  std::vector<Assembly> assemblies;
  for (const TensorSpec& spec : file.Specs()) {
    assemblies.push_back({spec, {Whole(spec)}});
  }
  Adapted out;
  out.tensors = std::make_unique<Assembled>(file, std::move(assemblies));
  return out;
}

}  // namespace

Adapted Adapt(const TensorSource& file) {
  Found found = FindSource(file);
  if (found.source == nullptr) return AsItStands(file);
  return Reading(file, std::move(found)).Take();
}

}  // namespace wsel::naming
