#include "wsel/naming/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "pattern.h"
#include "source_table.h"
#include "wsel/core/error.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::naming {
namespace {

// A tensor to write, and what of timm's it is.
struct Written {
  TensorSpec spec;
  std::string timm;
  Layout layout = Layout::kSame;
  Part part = Part::kWhole;
};

// timm's tensors, taken apart when they are viewed.
class Renamed : public TensorSource {
 public:
  Renamed(const TensorSource& timm, std::vector<Written> written)
      : timm_(timm), written_(std::move(written)) {
    for (const Written& one : written_) {
      index_[one.spec.name] = specs_.size();
      specs_.push_back(one.spec);
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }

  TensorView View(std::string_view name) const override {
    const auto found = index_.find(std::string(name));
    if (found == index_.end()) {
      throw Error(ErrorKind::kMismatch, name, "is not among the tensors");
    }
    const Written& one = written_[found->second];
    TensorView view = timm_.View(one.timm);
    if (one.part != Part::kWhole) {
      const int64_t third = view.spec.shape[0] / 3;
      const auto which =
          static_cast<int64_t>(one.part) - static_cast<int64_t>(Part::kQuery);
      view = Narrow(std::move(view), 0, which * third, third);
    }
    view = Outside(one.layout, view);
    view.spec.name = name;
    return view;
  }

 private:
  const TensorSource& timm_;
  std::vector<Written> written_;
  std::vector<TensorSpec> specs_;
  std::unordered_map<std::string, size_t> index_;
};

bool IsZero(const TensorView& view) {
  return std::ranges::all_of(view.bytes,
                             [](std::byte b) { return b == std::byte{0}; });
}

std::optional<Written> Write(const Row& row, const Numbers& numbers,
                             const TensorSpec& spec) {
  Shape shape = spec.shape;
  if (row.part != Part::kWhole) {
    if (shape.empty() || shape[0] % 3 != 0) return std::nullopt;
    shape[0] /= 3;
  }
  const auto outside = ShapeOutside(row.layout, shape);
  if (!outside) return std::nullopt;
  return Written{{Fill(row.theirs, numbers), *outside, spec.dtype},
                 spec.name,
                 row.layout,
                 row.part};
}

// What a table makes of one of timm's tensors, by the first row for it or, of
// parts, the first for each. False where there is none.
bool WriteBy(const Source& source, const TensorSource& timm,
             const TensorSpec& spec, std::vector<Written>& out) {
  std::vector<Part> done;
  for (const Row& row : source.rows) {
    const auto numbers = Match(row.timm, spec.name);
    if (!numbers || std::ranges::count(done, row.part) > 0) continue;
    if (row.layout == Layout::kZeros || row.layout == Layout::kZerosOfRows) {
      // A bias that the names cannot say, because it is 0.
      return IsZero(timm.View(spec.name));
    }
    auto written = Write(row, *numbers, spec);
    if (!written) return false;
    done.push_back(row.part);
    out.push_back(std::move(*written));
    if (row.part == Part::kWhole) return true;
  }
  return done.size() == 3;
}

bool HasHead(const TensorSource& timm) {
  return timm.Find("head.weight") != nullptr ||
         timm.Find("head.fc.weight") != nullptr;
}

bool IsWritten(const Source& source, Naming naming, bool has_head) {
  if (source.naming != naming) return false;
  if (source.writes == Writes::kAll) return true;
  return source.writes == (has_head ? Writes::kWithHead : Writes::kWithoutHead);
}

// Whether the written file would be told for what `source` is.
bool HasMarkers(const Source& source, const std::vector<Written>& written) {
  std::unordered_set<std::string_view> names;
  for (const Written& one : written) names.insert(one.spec.name);
  return std::ranges::all_of(source.markers, [&](std::string_view marker) {
    const bool absent = marker.starts_with('!');
    return names.contains(marker.substr(absent ? 1 : 0)) != absent;
  });
}

}  // namespace

const Registry<Naming>& Namings() {
  static constexpr std::array<Registered<Naming>, 4> kRows = {{
      {Naming::kTimm, "timm", "timm, and programs built on it"},
      {Naming::kHuggingFace, "hf", "Hugging Face's transformers"},
      {Naming::kTorchvision, "torchvision", "torchvision.models"},
      {Naming::kMeta, "meta", "Meta's ConvNeXt"},
  }};
  static constexpr Registry<Naming> kRegistry("naming", kRows);
  return kRegistry;
}

std::unique_ptr<TensorSource> Export(const TensorSource& tensors,
                                     Naming naming) {
  std::vector<Written> all;
  if (naming == Naming::kTimm) {
    for (const TensorSpec& spec : tensors.Specs())
      all.push_back({spec, spec.name});
    return std::make_unique<Renamed>(tensors, std::move(all));
  }
  // The tensor that the table which got furthest has no name for.
  std::string stopper;
  size_t furthest = 0;
  for (const Source& source : Sources()) {
    if (!IsWritten(source, naming, HasHead(tensors))) continue;
    std::vector<Written> written;
    size_t count = 0;
    for (const TensorSpec& spec : tensors.Specs()) {
      if (!WriteBy(source, tensors, spec, written)) break;
      ++count;
    }
    if (count == tensors.Specs().size()) {
      if (!HasMarkers(source, written)) continue;
      return std::make_unique<Renamed>(tensors, std::move(written));
    }
    if (stopper.empty() || count > furthest) {
      furthest = count;
      stopper = tensors.Specs()[count].name;
    }
  }
  const std::string_view name = Namings().NameOf(naming);
  if (stopper.empty()) {
    throw Error(ErrorKind::kMismatch, name,
                "has no model of these tensors alone; --naming timm keeps "
                "them");
  }
  throw Error(ErrorKind::kMismatch, stopper,
              fmt::format("has no name in {}; --naming timm keeps it", name));
}

}  // namespace wsel::naming
