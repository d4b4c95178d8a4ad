#include "vit_final_fits.h"

#include <ATen/ATen.h>

#include <string>
#include <variant>

#include "taken_indices.h"

namespace wsel::calibrate {
namespace {

at::Tensor FinalNormed(const VitPass& of, const at::Tensor& x) {
  return of.FinalNormed(of.FinalNormInput(x));
}

PooledByAttention PoolOf(const VitPass& of, const at::Tensor& x) {
  return of.PoolByAttention(FinalNormed(of, x));
}

// The query is selected only: it depends on no image.
void FitPool(const select::Plan& plan, const VitPass& teacher,
             const VitPass& student, const at::Tensor& width, LayerFits& fits) {
  const model::VitConfig& from = teacher.config();
  const model::VitConfig& to = student.config();
  const int64_t inner = from.embed_dim;
  const auto taken = TakenIndices(plan, "attn_pool", inner, to.embed_dim);
  const auto rows = at::cat({taken, taken + inner});
  const auto hidden = TakenIndices(plan, "attn_pool_mlp", from.AttnPoolHidden(),
                                   to.AttnPoolHidden());
  fits.FitReader(
      "attn_pool.kv",
      [&](const at::Tensor& s) { return FinalNormed(student, s); },
      [&](const at::Tensor& x) {
        return PoolOf(teacher, x).kv.index_select(-1, rows);
      });
  fits.FitReader(
      "attn_pool.proj",
      [&](const at::Tensor& s) { return PoolOf(student, s).attended; },
      [&](const at::Tensor& x) {
        return PoolOf(teacher, x).pooled.index_select(-1, width);
      });
  fits.FitReader(
      "attn_pool.mlp.fc1",
      [&](const at::Tensor& s) { return PoolOf(student, s).normed; },
      [&](const at::Tensor& x) {
        return PoolOf(teacher, x).before.index_select(-1, hidden);
      });
  fits.FitReader(
      "attn_pool.mlp.fc2",
      [&](const at::Tensor& s) { return PoolOf(student, s).hidden; },
      [&](const at::Tensor& x) {
        return PoolOf(teacher, x).added.index_select(-1, width);
      });
}

void FitHeads(const VitPass& teacher, const VitPass& student, LayerFits& fits) {
  const size_t heads = student.config().dist_token ? 2 : 1;
  const auto input = [](const VitPass& of, const at::Tensor& x, size_t i) {
    return of.HeadInputs(FinalNormed(of, x))[i];
  };
  for (size_t i = 0; i < heads; ++i) {
    const std::string name = i == 0 ? "head" : "head_dist";
    fits.FitReader(
        name, [&](const at::Tensor& s) { return input(student, s, i); },
        [&](const at::Tensor& x) {
          return teacher.Read(name, input(teacher, x, i));
        });
  }
}

}  // namespace

void FitAfterBlocks(const select::Plan& plan, const VitPass& teacher,
                    const VitPass& student, const at::Tensor& width,
                    LayerFits& fits) {
  const model::VitConfig& to = student.config();
  const auto& whole =
      std::get<model::VitConfig>(std::get<model::Config>(*plan.teacher));
  // A pooling that the teacher has not is drawn at random, and stays so.
  if (to.pooling == model::Pooling::kAttention &&
      whole.pooling == model::Pooling::kAttention) {
    FitPool(plan, teacher, student, width, fits);
  }
  if (plan.options.head == select::Head::kReuse && to.num_classes > 0) {
    FitHeads(teacher, student, fits);
  }
}

}  // namespace wsel::calibrate
