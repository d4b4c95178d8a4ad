#include "vit_spectrum.h"

#include <ATen/ATen.h>

#include <variant>
#include <vector>

#include "finite.h"
#include "stream_moments.h"
#include "tile_sums.h"
#include "vit_pass.h"

namespace wsel::calibrate {

KeptShares VitSpectrum(const Reference& teacher, const Images& images) {
  const OneThreadEach guard;
  const auto& config = std::get<model::VitConfig>(teacher.config);
  const auto moments = StreamMoments(VitPass(config, teacher.weights), images);
  RequireFinite(moments, "blocks");
  const auto values = at::linalg_eigvalsh(moments).clamp_min(0).contiguous();
  const double* first = values.const_data_ptr<double>();
  KeptShares shares =
      KeptSharesOf(std::vector<double>(first, first + values.numel()));
  if (config.norm == model::Norm::kRmsNorm) return shares;
  shares.insert(shares.begin(), 0);
  shares.pop_back();
  shares.back() = 1;
  return shares;
}

}  // namespace wsel::calibrate
