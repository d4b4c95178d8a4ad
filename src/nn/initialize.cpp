#include "wsel/nn/initialize.h"

#include <ATen/ops/from_blob.h>

#include "mimetic.h"
#include "wsel/model/draw.h"

namespace wsel::nn {
namespace {

// "blocks.3.attn" of "blocks.3.attn.qkv.weight".
std::string AttentionPrefix(const std::string& name) {
  return name.substr(0, name.rfind('.', name.rfind('.') - 1));
}

}  // namespace

at::Tensor Draw(const model::Init& init, const TensorSpec& spec,
                uint64_t seed) {
  if (init.kind == model::InitKind::kMimeticQkv) {
    return MimeticQkv(spec.shape[1], init.heads, seed,
                      AttentionPrefix(spec.name));
  }
  if (init.kind == model::InitKind::kMimeticProj) {
    return MimeticProj(spec.shape[1], seed, AttentionPrefix(spec.name));
  }
  auto values =
      std::make_shared<std::vector<float>>(model::Draw(init, spec, seed));
  return at::from_blob(
      values->data(), spec.shape, [values](void*) {}, at::kFloat);
}

}  // namespace wsel::nn
