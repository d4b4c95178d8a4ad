#include "bf16_weights.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <map>
#include <mutex>
#include <vector>

#include "simd/kernels.h"

namespace wsel::kernels {
namespace {

// One state of a tensor's values. The weak pointer keeps the address of the
// storage from being used again, so that a new tensor is not taken for this
// one.
struct TensorVersion {
  explicit TensorVersion(const at::Tensor& t) {
    if (!t.defined()) return;
    storage = t.storage().getWeakStorageImpl();
    offset = t.storage_offset();
    version = t._version();
  }
  bool gone() const { return storage && storage->expired(); }
  auto tie() const {
    return std::make_tuple(storage ? storage->_unsafe_get_target() : nullptr,
                           offset, version);
  }
  bool operator==(const TensorVersion& other) const {
    return tie() == other.tie();
  }

  std::optional<c10::weak_intrusive_ptr<c10::StorageImpl>> storage;
  int64_t offset = 0;
  int64_t version = 0;
};

struct Packed {
  TensorVersion weight, bias, gamma;
  PackedLayer layer;
  bool gone() const { return weight.gone() || bias.gone() || gamma.gone(); }
};

// By the address of the weight.
class PackedLayers {
 public:
  std::optional<PackedLayer> Find(const float* weight, const Packed& wanted) {
    const std::lock_guard lock(mutex_);
    const auto found = layers_.find(weight);
    if (found == layers_.end()) return std::nullopt;
    const Packed& p = found->second;
    const bool same = p.weight == wanted.weight && p.bias == wanted.bias &&
                      p.gamma == wanted.gamma &&
                      p.layer.in == wanted.layer.in &&
                      p.layer.out == wanted.layer.out;
    return same ? std::optional(p.layer) : std::nullopt;
  }

  void Keep(const float* weight, const Packed& packed) {
    const std::lock_guard lock(mutex_);
    std::erase_if(layers_, [](const auto& item) { return item.second.gone(); });
    layers_.insert_or_assign(weight, packed);
  }

 private:
  std::mutex mutex_;
  std::map<const float*, Packed> layers_;
};

at::Tensor Words(int64_t rows, int64_t columns) {
  return at::empty({rows, 2 * columns}, at::kBFloat16);
}

// Writes rows first and then both right factors.
void PackWeight(const at::Tensor& weight, const at::Tensor& gamma,
                PackedLayer& layer) {
  const int64_t in = layer.padded_in();
  const int64_t out = layer.padded_out();
  const at::Tensor rows = at::empty({layer.out, in}, at::kBFloat16);
  layer.backward = Words(out / 2, in);
  layer.forward = Words(in / 2, out);
  RoundedRows pass{weight.const_data_ptr<float>(), layer.in, layer.out,
                   layer.in};
  if (gamma.defined()) pass.row_scale = gamma.const_data_ptr<float>();
  pass.out = Bf16Data(rows);
  pass.out_stride = in;
  pass.pairs = Bf16Data(layer.backward);
  pass.pair_stride = in;
  ActiveKernels().round_rows(pass);
  ActiveKernels().transpose_words({Bf16Data(rows), in / 2, layer.out, in / 2,
                                   out, Bf16Data(layer.forward), out});
}

}  // namespace

PackedLayer Pack(const WeightAndBias& layer, const at::Tensor& gamma) {
  static PackedLayers packed_layers;
  const c10::NoGradGuard no_grad;
  const at::Tensor weight = layer.weight.contiguous();
  const at::Tensor scale = gamma.defined() ? gamma.contiguous() : gamma;
  // Inference tensors have no versions, copies nothing to remember.
  const bool lasting = !weight.is_inference() && weight.is_same(layer.weight) &&
                       !(scale.defined() && scale.is_inference()) &&
                       !(layer.bias.defined() && layer.bias.is_inference());
  Packed packed{TensorVersion(lasting ? weight : at::Tensor()),
                TensorVersion(lasting ? layer.bias : at::Tensor()),
                TensorVersion(lasting ? scale : at::Tensor()),
                {}};
  packed.layer.out = weight.size(0);
  packed.layer.in = weight.size(1);
  const auto* key = weight.const_data_ptr<float>();
  if (lasting) {
    if (const auto found = packed_layers.Find(key, packed)) return *found;
  }
  PackWeight(weight, scale, packed.layer);
  // A copy, since the layer's own may change in place.
  const at::Tensor bias = layer.bias.defined()
                              ? layer.bias
                              : at::zeros({packed.layer.out}, weight.options());
  packed.layer.bias =
      scale.defined() ? bias * scale : bias.detach().clone().contiguous();
  if (lasting) packed_layers.Keep(key, packed);
  return packed.layer;
}

}  // namespace wsel::kernels
