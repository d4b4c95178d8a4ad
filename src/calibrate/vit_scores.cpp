#include "vit_scores.h"

#include <ATen/ATen.h>

#include <string>
#include <variant>

#include "channel_energy.h"
#include "finite.h"
#include "tile_sums.h"
#include "vit_pass.h"

namespace wsel::calibrate {
namespace {

// The sums of each block; those after the last one follow.
enum BlockSum {
  kAttentionInput,
  kQueries,
  kKeys,
  kAttentionOutput,  // before proj
  kMlpInput,         // in parallel blocks attention's
  kHidden,
  kBlockSums
};
// What is read after the last block, then those of attention pooling.
enum FinalSum {
  kFinalInput,
  kPoolQuery,
  kPoolKeys,
  kPoolOutput,
  kPooled,
  kPoolHidden,
};

class VitScoring {
 public:
  VitScoring(const model::VitConfig& config, const Weights& weights)
      : teacher_(config, weights), config_(config), weights_(weights) {}

  Sums SumsOf(const at::Tensor& images) const {
    Sums sums;
    at::Tensor x = teacher_.Embed(images);
    for (int64_t b = 0; b < config_.depth; ++b) {
      x = IsParallel(config_) ? AddParallel(b, x, sums)
                              : AddSequential(b, x, sums);
    }
    AddFinal(x, sums);
    return sums;
  }

  // Of the sums over all images. Errors: kMismatch at the block.
  void SetAll(const Sums& all, ScoreTable& table) const {
    for (int64_t b = 0; b < config_.depth; ++b) {
      const auto first = all.begin() + kBlockSums * b;
      const Sums sums(first, first + kBlockSums);
      RequireFinite(sums, VitBlock(b));
      SetReaders(b, sums, table);
      SetWriters(b, sums, table);
    }
    const Sums after(all.begin() + kBlockSums * config_.depth, all.end());
    RequireFinite(after, teacher_.FinalNorm());
    SetFinal(after, table);
    if (config_.pooling == model::Pooling::kAttention) SetPool(after, table);
  }

 private:
  // Of rows that a norm sees, or that are read without one.
  at::Tensor InputEnergy(const at::Tensor& x, bool normed) const {
    return normed ? NormedEnergy(x, config_.norm == model::Norm::kLayerNorm)
                  : Energy(x);
  }

  at::Tensor AddSequential(int64_t b, const at::Tensor& x, Sums& sums) const {
    const AttentionHalf attention = teacher_.Attend(b, x);
    const MlpHalf mlp = teacher_.Mlp(b, attention.out);
    const auto thirds = attention.qkv.chunk(3, -1);
    sums.insert(
        sums.end(),
        {InputEnergy(x, !IsPostNorm(config_)), Energy(thirds[0]),
         Energy(thirds[1]), Energy(attention.mixed),
         InputEnergy(attention.out, !IsPostNorm(config_)), Energy(mlp.hidden)});
    return mlp.out;
  }

  at::Tensor AddParallel(int64_t b, const at::Tensor& x, Sums& sums) const {
    const ParallelBlock block = teacher_.Parallel(b, x);
    const int64_t d = config_.embed_dim;
    const auto parts = block.inner.split_with_sizes(
        {config_.MlpHidden(), d, d, d}, /*dim=*/-1);
    const auto input = InputEnergy(x, /*normed=*/true);
    sums.insert(sums.end(), {input, Energy(parts[1]), Energy(parts[2]),
                             Energy(block.mixed), input, Energy(block.hidden)});
    return block.out;
  }

  void AddFinal(const at::Tensor& x, Sums& sums) const {
    const auto rows = teacher_.FinalNormInput(x);
    sums.push_back(InputEnergy(rows, config_.final_norm));
    if (config_.pooling != model::Pooling::kAttention) return;
    const auto pool = teacher_.PoolByAttention(teacher_.FinalNormed(rows));
    sums.insert(sums.end(),
                {Energy(pool.query), Energy(pool.kv.chunk(2, -1)[0]),
                 Energy(pool.attended), InputEnergy(pool.pooled, true),
                 Energy(pool.hidden)});
  }

  // Half a share each for what a channel adds to the logits; normalised queries
  // and keys all have one size.
  at::Tensor LogitShares(const at::Tensor& queries,
                         const at::Tensor& keys) const {
    if (config_.qk_norm) return at::zeros_like(queries);
    return Shares((queries * keys).sqrt()) / 2;
  }

  // Those of the stream, and of q, k and v by what they add to the logits.
  void SetReaders(int64_t b, const Sums& sums, ScoreTable& table) const {
    const auto logits = LogitShares(sums[kQueries], sums[kKeys]);
    const auto of_qkv = at::cat({logits, logits, at::zeros_like(logits)});
    if (IsParallel(config_)) {
      const StackedLayer layer = ParallelLayer(config_, b);
      SetWidth(layer, sums[kAttentionInput], table);
      SetScores(table, layer.weights[0], 0, of_qkv, config_.MlpHidden());
      return;
    }
    const StackedLayer qkv = QkvLayer(config_, b);
    const auto parts = of_qkv.chunk(static_cast<int64_t>(qkv.weights.size()));
    for (size_t i = 0; i < parts.size(); ++i) {
      SetScores(table, qkv.weights[i], 0, parts[i]);
    }
    SetWidth(qkv, sums[kAttentionInput], table);
    SetWidth(HiddenLayer(config_, b), sums[kMlpInput], table);
  }

  // Once for each norm, whatever the number of tensors that read it. What is
  // read without one counts by what it adds to the layer's outputs.
  void SetWidth(const StackedLayer& layer, const at::Tensor& energy,
                ScoreTable& table) const {
    const auto scores =
        IsPostNorm(config_)
            ? energy * ColumnNorms(WeightOf(layer, weights_), {})
            : energy;
    SetScores(table, layer.weights[0], 1, Shares(scores));
  }

  void SetWriters(int64_t b, const Sums& sums, ScoreTable& table) const {
    const std::string name = VitBlock(b);
    SetColumns(AttentionColumns(config_, b),
               IsPostNorm(config_) ? name + ".norm1.weight"
                                   : AttentionScale(config_, b),
               sums[kAttentionOutput], table);
    SetColumns(
        HiddenColumns(config_, b),
        IsPostNorm(config_) ? name + ".norm2.weight" : HiddenScale(config_, b),
        sums[kHidden], table);
  }

  // `scale` is of the outputs, channel by channel.
  void SetColumns(const WriterColumns& columns, const std::string& scale,
                  const at::Tensor& energy, ScoreTable& table) const {
    const std::string weight = columns.layer + ".weight";
    const auto used = weights_[weight].narrow(1, columns.first, columns.count);
    SetScores(table, weight, 1,
              Shares(energy * ColumnNorms(used, weights_[scale])),
              columns.first);
  }

  // Of the norm or, without one, of what reads the stream there.
  void SetFinal(const Sums& sums, ScoreTable& table) const {
    if (config_.final_norm) {
      SetScores(table, teacher_.FinalNorm() + ".weight", 0,
                Shares(sums[kFinalInput]));
      return;
    }
    const std::string reader = config_.pooling == model::Pooling::kAttention
                                   ? "attn_pool.kv.weight"
                                   : "head.weight";
    if (!weights_.Has(reader)) return;
    SetScores(table, reader, 1,
              Shares(sums[kFinalInput] * ColumnNorms(weights_[reader], {})));
  }

  void SetPool(const Sums& sums, ScoreTable& table) const {
    const std::string name = "attn_pool.";
    const auto logits = Shares((sums[kPoolQuery] * sums[kPoolKeys]).sqrt()) / 2;
    SetScores(table, name + "kv.weight", 0,
              at::cat({logits, at::zeros_like(logits)}));
    SetColumns({name + "proj", 0, config_.embed_dim}, "", sums[kPoolOutput],
               table);
    SetScores(table, name + "norm.weight", 0, Shares(sums[kPooled]));
    SetColumns({name + "mlp.fc2", 0, config_.AttnPoolHidden()}, "",
               sums[kPoolHidden], table);
  }

  const VitPass teacher_;
  const model::VitConfig& config_;
  const Weights& weights_;
};

}  // namespace

ScoreTable VitScores(const Reference& reference, const Images& images) {
  const VitScoring scoring(std::get<model::VitConfig>(reference.config),
                           reference.weights);
  const Sums sums = SumOverTiles(images.num_tiles(), [&](size_t tile) {
    return scoring.SumsOf(images.Tile(tile));
  });
  ScoreTable table = ZeroScores(reference);
  scoring.SetAll(sums, table);
  return table;
}

}  // namespace wsel::calibrate
