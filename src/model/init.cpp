#include "wsel/model/init.h"

#include <fmt/format.h>

#include <array>

namespace wsel::model {
namespace {

constexpr std::array<Registered<Initializer>, 5> kInitializers = {{
    {Initializer::kTimm, "timm", "timm's default for the family"},
    {Initializer::kTruncNormal, "trunc-normal",
     "normal weights, std 0.02, cut at 2 std"},
    {Initializer::kXavier, "xavier", "uniform weights by fan-in and fan-out"},
    {Initializer::kKaiming, "kaiming", "normal weights by fan-in, for ReLU"},
    {Initializer::kMimetic, "mimetic",
     "attention like a trained ViT's (Trockman & Kolter 2023)"},
}};

std::string DescribeConstant(double value) {
  if (value == 0) return "zeros";
  if (value == 1) return "ones";
  return fmt::format("constant {:g}", value);
}

}  // namespace

const Registry<Initializer>& Initializers() {
  static constexpr Registry<Initializer> registry("method", kInitializers);
  return registry;
}

std::string Describe(const Init& init) {
  switch (init.kind) {
    case InitKind::kConstant:
      return DescribeConstant(init.value);
    case InitKind::kNormal:
      return fmt::format("normal std {:g}", init.value);
    case InitKind::kTruncNormal:
      return fmt::format("trunc normal std {:g} in +-{:g}", init.value,
                         init.bound);
    case InitKind::kUniform:
      return fmt::format("uniform in +-{:g}", init.bound);
    case InitKind::kSinCos:
      return "2-D sine-cosine";
    case InitKind::kMimeticQkv:
      return fmt::format("mimetic q, k, v of {} heads", init.heads);
    case InitKind::kMimeticProj:
      return fmt::format("mimetic projection of {} heads", init.heads);
  }
  return "?";
}

}  // namespace wsel::model
