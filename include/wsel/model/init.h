// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wsel/core/registry.h"
#include "wsel/model/config.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/tensor/spec.h"

namespace wsel::model {

// How one tensor is initialised at random. A value type: it can be printed,
// stored in a plan and reproduced.
enum class InitKind {
  kConstant,     // `value`
  kNormal,       // mean 0, standard deviation `value`
  kTruncNormal,  // as kNormal, truncated at +-`bound`
  kUniform,      // in +-`bound`
  kSinCos,       // fixed 2-D sine-cosine positions, the first `value` zeros
  kMimeticQkv,   // rows q, k, v of `heads` heads (Trockman & Kolter 2023)
  kMimeticProj,  // the output projection that matches kMimeticQkv
  kGluWeight,    // the first half of the rows as kTruncNormal, the others as
                 // kNormal with 1e-6 (timm's GluMlp)
  kGluBias,      // the first half zeros, the others ones
  kRopeFreqs,    // learnt frequencies [2, blocks, heads, pairs] of rows and
                 // columns, turned by a random angle for each block and head;
                 // `value` is the base (Heo et al. 2024)
};

struct Init {
  InitKind kind = InitKind::kConstant;
  double value = 0;
  double bound = 0;
  int64_t heads = 0;
  int64_t rows = 0;  // kSinCos: of the patch grid; 0: it is square

  bool operator==(const Init&) const = default;
};

// "zeros", "ones", "normal std 1e-06", "trunc normal std 0.02 in +-2", ...
std::string Describe(const Init& init);

// {"kind": "trunc_normal", "value": 0.02, "bound": 2}; zero fields are omitted.
std::string ToJson(const Init& init);
// Errors: kFormat, with the JSON path.
Init InitFromJson(std::string_view text, std::string_view where);

// Whether `init` is valid for this tensor: its values in range, the shape and
// name as all kinds from kSinCos on need them. Check every Init that was
// read from a file.
bool CanDraw(const Init& init, const TensorSpec& spec);

// How a whole model is initialised at random.
enum class Initializer {
  kTimm,         // timm's default for the architecture
  kTruncNormal,  // every Linear and Conv weight: std 0.02, cut at 2 std
  kXavier,       // every Linear and Conv weight: torch's xavier_uniform_
  kKaiming,      // every Linear and Conv weight: torch's kaiming_normal_
  kMimetic,      // ViT only
};

// timm, trunc-normal, xavier, kaiming, mimetic
const Registry<Initializer>& Initializers();

// How `initializer` initialises one parameter of the model. Sources: timm's
// init_weights_vit_timm and ConvNeXt._init_weights; torch.nn.init, with the
// fans of the weight as stored (a fused qkv counts as one weight); mimetic.h.
// All but timm and mimetic set every bias to zero; norms, tokens, positions and
// layer scales are always timm's (except mimetic's sine-cosine positions).
// Errors: kConfig for mimetic on a ConvNeXt, or if the width is not a multiple
// of 4.
Init InitFor(const Config& config, const ParameterSpec& parameter,
             Initializer initializer);

}  // namespace wsel::model
