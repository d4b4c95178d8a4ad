#include "wsel/select/other_grid.h"

#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "embed_resample.h"
#include "wsel/tensor/floats.h"

namespace wsel::select {
namespace {

constexpr std::string_view kPosEmbed = "pos_embed";

class OtherGridSource : public TensorSource {
 public:
  OtherGridSource(std::unique_ptr<TensorSource> tensors,
                  PosEmbedResample resample)
      : tensors_(std::move(tensors)),
        resample_(std::move(resample)),
        specs_(tensors_->Specs()) {
    for (TensorSpec& spec : specs_) {
      if (spec.name != kPosEmbed) continue;
      spec.dtype = DType::kF32;
      spec.shape.at(1) = static_cast<int64_t>(resample_.prefix.size()) +
                         resample_.to_grid.Area();
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }

  TensorView View(std::string_view name) const override {
    if (name != kPosEmbed) return tensors_->View(name);
    const TensorView view = tensors_->View(name);
    const Floats from(view);
    const Shape& shape = Find(name)->shape;
    return OwningView(std::string(name), shape,
                      ResamplePosEmbed(from.values(), shape.at(2), resample_));
  }

  void Release(std::string_view name) const override {
    tensors_->Release(name);
  }

 private:
  std::unique_ptr<TensorSource> tensors_;
  PosEmbedResample resample_;
  std::vector<TensorSpec> specs_;
};

}  // namespace

std::optional<PosEmbedResample> OtherGrid(const TensorSource& tensors,
                                          const model::Config& from,
                                          const model::Config& to) {
  if (!HasPosEmbed(from) || !HasPosEmbed(to)) return std::nullopt;
  const model::Tokens theirs = TokensOf(from);
  const model::Tokens ours = TokensOf(to);
  const auto prefix = static_cast<int64_t>(ours.positioned_prefix.size());
  const TensorSpec* found = tensors.Find(kPosEmbed);
  if (theirs.positioned_prefix != ours.positioned_prefix ||
      theirs.grid == ours.grid || found == nullptr ||
      found->shape.size() != 3 || found->shape[0] != 1 ||
      found->shape[1] != prefix + theirs.grid.Area()) {
    return std::nullopt;
  }
  PosEmbedResample resample;
  resample.prefix.resize(static_cast<size_t>(prefix));
  std::iota(resample.prefix.begin(), resample.prefix.end(), int64_t{0});
  resample.teacher_prefix = prefix;
  resample.from_grid = theirs.grid;
  resample.to_grid = ours.grid;
  return resample;
}

std::unique_ptr<TensorSource> WithGrid(std::unique_ptr<TensorSource> tensors,
                                       PosEmbedResample resample) {
  return std::make_unique<OtherGridSource>(std::move(tensors),
                                           std::move(resample));
}

}  // namespace wsel::select
