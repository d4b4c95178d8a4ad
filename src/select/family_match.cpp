#include "family_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "numbered_names.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::select {
namespace {

// The layer number in a name that matches the template, 0 if the template has
// none; nullopt if the name does not match.
std::optional<int64_t> LayerIn(std::string_view name,
                               const NameTemplate& pattern) {
  if (!pattern.layers) {
    return name == pattern.before ? std::optional<int64_t>(0) : std::nullopt;
  }
  const size_t around = pattern.before.size() + pattern.after.size();
  if (name.size() <= around || !name.starts_with(pattern.before) ||
      !name.ends_with(pattern.after)) {
    return std::nullopt;
  }
  name.remove_prefix(pattern.before.size());
  name.remove_suffix(pattern.after.size());
  const int64_t layer = BlockNumber(name);
  // Of a number that no layer has, BlockNumber is -1.
  return layer < pattern.first ? std::nullopt
                               : std::optional(layer - pattern.first);
}

class Matcher {
 public:
  Matcher(const FamilyTable& family, const Sizes& given)
      : family_(family), given_(given) {}

  FamilyMatch Run(const std::vector<TensorSpec>& specs) && {
    CheckSizeNames(family_, given_, "teacher size");
    for (const TensorSpec& spec : specs) Place(spec);
    CheckLayers();
    for (const auto& [place, spec] : match_.tensors) {
      Infer(family_.tensors[place.first], *spec);
    }
    Compare();
    return std::move(match_);
  }

 private:
  void Place(const TensorSpec& spec) {
    const std::string* taken = nullptr;
    const auto take = [&](const std::string& text) {
      if (taken != nullptr) {
        throw Error(ErrorKind::kConfig, family_.source,
                    "'{}' and '{}' both match the tensor '{}'", *taken, text,
                    spec.name);
      }
      taken = &text;
    };
    for (size_t i = 0; i < family_.tensors.size(); ++i) {
      const auto layer = LayerIn(spec.name, family_.tensors[i].name);
      if (!layer) continue;
      take(family_.tensors[i].text);
      match_.tensors[{i, *layer}] = &spec;
    }
    for (size_t i = 0; i < family_.ignored.size(); ++i) {
      if (!LayerIn(spec.name, family_.ignored[i].name)) continue;
      take(family_.ignored[i].text);
      match_.ignored.emplace_back(&spec, i);
    }
    if (taken == nullptr) ThrowUnknown(spec);
  }

  [[noreturn]] void ThrowUnknown(const TensorSpec& spec) const {
    std::vector<std::string> names;
    for (const FamilyTensor& tensor : family_.tensors) {
      names.push_back(tensor.text);
    }
    const auto near = Nearest(spec.name, names);
    throw Error(ErrorKind::kMismatch, spec.name,
                "matches no template of {}{}; add it to \"tensors\" or, with a "
                "reason, to \"ignored\"",
                family_.source,
                near ? fmt::format(" (the nearest is '{}')", *near) : "");
  }

  // Checks that layers have no gaps, and all of them the same tensors.
  void CheckLayers() {
    std::map<size_t, int64_t> count_of;  // tensors found, by template
    for (const auto& [place, spec] : match_.tensors) {
      ++count_of[place.first];
      const auto kind = family_.tensors[place.first].name.layers;
      if (!kind) continue;
      auto& most = match_.sizes[family_.dimensions[*kind].name];
      most = std::max(most, count_of[place.first]);
    }
    for (size_t i = 0; i < family_.tensors.size(); ++i) {
      const FamilyTensor& tensor = family_.tensors[i];
      if (!count_of.contains(i)) {
        if (tensor.optional) continue;
        throw Error(ErrorKind::kMismatch, tensor.text,
                    "matches no tensor of the teacher: either it is not the {} "
                    "of {}, or this tensor is \"optional\"",
                    family_.name, family_.source);
      }
      if (tensor.name.layers) CheckEachLayer(i);
    }
  }

  void CheckEachLayer(size_t place) {
    const FamilyTensor& tensor = family_.tensors[place];
    const int64_t count =
        match_.sizes.at(family_.dimensions[*tensor.name.layers].name);
    for (int64_t layer = 0; layer < count; ++layer) {
      if (match_.tensors.contains({place, layer})) continue;
      throw Error(ErrorKind::kMismatch, tensor.name.With(layer),
                  "is missing from the teacher, though other layers have it; "
                  "layers are numbered from {} and have the same tensors",
                  tensor.name.first);
    }
  }

  void Infer(const FamilyTensor& tensor, const TensorSpec& spec) {
    if (spec.shape.size() != tensor.axes.size()) {
      throw Error(ErrorKind::kMismatch, spec.name,
                  "has shape {} in the teacher; {} expects {} dimensions",
                  FormatShape(spec.shape), family_.source, tensor.axes.size());
    }
    for (size_t axis = 0; axis < tensor.axes.size(); ++axis) {
      InferAxis(tensor.axes[axis], spec, axis);
    }
  }

  void InferAxis(const FamilyAxis& axis, const TensorSpec& spec, size_t at) {
    const int64_t size = spec.shape[at];
    const auto fail = [&](std::string_view message) {
      throw Error(ErrorKind::kMismatch, spec.name,
                  "dimension {} is {} in the teacher; {}", at, size, message);
    };
    if (!axis.dimension) {
      if (size != axis.factor) {
        fail(fmt::format("{} expects {}", family_.source, axis.factor));
      }
      return;
    }
    const Dimension& dimension = family_.dimensions[*axis.dimension];
    const std::string name =
        axis.per_head ? HeadsOf(dimension) : dimension.name;
    if (size == 0 || size % axis.factor != 0) {
      fail(
          fmt::format("this is not {} equal parts of '{}'", axis.factor, name));
    }
    const int64_t part = size / axis.factor;
    const auto [known, inserted] = match_.sizes.try_emplace(name, part);
    if (inserted) by_[name] = spec.name;
    if (known->second != part) {
      fail(fmt::format("'{}' is {} according to '{}'", name, known->second,
                       by_[name]));
    }
  }

  // Compares the sizes that were given with those found.
  void Compare() {
    for (const Dimension& dimension : family_.dimensions) {
      const auto given = given_.find(dimension.name);
      const auto found = match_.sizes.find(dimension.name);
      if (given != given_.end() && found != match_.sizes.end() &&
          given->second != found->second) {
        throw Error(ErrorKind::kMismatch, dimension.name,
                    "is {} in the teacher, but {} was given", found->second,
                    given->second);
      }
      CompareHeads(dimension);
      const auto heads = match_.sizes.find(HeadsOf(dimension));
      if (heads == match_.sizes.end() || found == match_.sizes.end()) continue;
      if (heads->second < 1 || found->second % heads->second != 0) {
        throw Error(ErrorKind::kUsage, "teacher size",
                    "{}: {} heads do not divide the teacher's {} channels",
                    heads->first, heads->second, found->second);
      }
    }
  }

  // The number of heads that was given, unless shapes have another.
  void CompareHeads(const Dimension& dimension) {
    const auto given = given_.find(HeadsOf(dimension));
    if (given == given_.end() || !match_.sizes.contains(dimension.name)) return;
    const auto [known, added] = match_.sizes.insert(*given);
    if (added || known->second == given->second) return;
    throw Error(ErrorKind::kMismatch, given->first,
                "is {} in the teacher, but {} was given", known->second,
                given->second);
  }

  const FamilyTable& family_;
  const Sizes& given_;
  FamilyMatch match_;
  std::map<std::string, std::string> by_;  // the tensor a size was read from
};

}  // namespace

FamilyMatch Match(const FamilyTable& family,
                  const std::vector<TensorSpec>& specs, const Sizes& given) {
  return Matcher(family, given).Run(specs);
}

}  // namespace wsel::select
