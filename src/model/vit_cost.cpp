#include "architecture.h"
#include "vit.h"

namespace wsel::model {
namespace {

// One query attends to `tokens` tokens.
double AttnPoolFlops(const VitConfig& c, double tokens) {
  const auto width = static_cast<double>(c.embed_dim);
  return 2 * MatMul(1, width, width) +       // q, proj
         MatMul(tokens, width, 2 * width) +  // kv
         2 * MatMul(1, width, tokens) +      // q k^T, a v
         2 * MatMul(1, width, static_cast<double>(c.AttnPoolHidden()));
}

}  // namespace

double VitFlops(const VitConfig& c) {
  const auto width = static_cast<double>(c.embed_dim);
  const auto patches = static_cast<double>(c.NumPatches());
  const auto patch = static_cast<double>(c.patch_size);
  const auto in = static_cast<double>(c.in_chans);
  const auto prefix = static_cast<double>(c.PrefixTokens());
  const double tokens = patches + prefix;
  const auto hidden = static_cast<double>(c.MlpHidden());
  const double matrices = c.mlp == MlpForm::kMlp ? 2 : 3;  // of the MLP

  const double block = MatMul(tokens, width, 3 * width) +   // qkv
                       2 * MatMul(tokens, width, tokens) +  // q k^T, a v
                       MatMul(tokens, width, width) +       // proj
                       matrices * MatMul(tokens, width, hidden);
  const double heads = c.dist_token ? 2 : 1;
  const double pooled = c.pool_include_prefix ? tokens : tokens - prefix;
  return MatMul(patches, in * patch * patch, width) +
         static_cast<double>(c.depth) * block +
         (c.pooling == Pooling::kAttention ? AttnPoolFlops(c, pooled) : 0) +
         heads * MatMul(1, width, static_cast<double>(c.num_classes));
}

int64_t VitSavedValues(const VitConfig& c) {
  // Per token and channel of a block: inputs of two norms, qkv, outputs of
  // attention and projection, the MLP's hidden layer before and after its
  // activation, sums.
  constexpr int64_t kPerChannel = 17;
  const int64_t tokens = c.Tokens();
  return c.depth * tokens * c.embed_dim * kPerChannel;
}

}  // namespace wsel::model
