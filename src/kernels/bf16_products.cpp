#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "bf16_gemm.h"
#include "wsel/core/registry.h"
#include "wsel/core/suggest.h"
#include "wsel/kernels/bf16.h"

namespace wsel::kernels {
namespace {

constexpr Registered<Bf16Products> kProductRows[] = {
    {Bf16Products::kOff, "off"},
    {Bf16Products::kWidened, "widened"},
    {Bf16Products::kAvx512, "avx512_bf16"},
    {Bf16Products::kAmx, "amx"}};
constexpr Registry<Bf16Products> kProductNames("bf16 products", kProductRows);

#if defined(__x86_64__)
// The features of cpuid's leaf 7: `subleaf`'s registers EAX and EDX.
struct Features {
  explicit Features(unsigned subleaf) {
    unsigned b = 0;
    unsigned c = 0;
    if (__get_cpuid_count(7, subleaf, &eax, &b, &c, &edx) == 0) eax = edx = 0;
  }
  unsigned eax = 0;
  unsigned edx = 0;
};

// Linux gives AMX's registers to processes that ask for them.
bool AskForTiles() {
#if defined(__linux__)
  constexpr int64_t kRequestPermission = 0x1023;
  constexpr int64_t kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}
#endif

std::vector<Bf16Products> DetectProducts() {
  std::vector<Bf16Products> found = {Bf16Products::kOff,
                                     Bf16Products::kWidened};
#if defined(__x86_64__)
  // The first also asks whether the operating system keeps the registers.
  if (!__builtin_cpu_supports("avx512bw")) return found;
  if ((Features(1).eax >> 5 & 1) == 0) return found;
  found.push_back(Bf16Products::kAvx512);
  const unsigned tiles = Features(0).edx;
  if ((tiles >> 22 & 1) == 1 && (tiles >> 24 & 1) == 1 && AskForTiles()) {
    found.push_back(Bf16Products::kAmx);
  }
#endif
  return found;
}

Bf16Products ChooseProducts() {
  const auto supported = SupportedBf16Products();
  const char* variable = std::getenv("WSEL_BF16");
  const std::string_view wanted = variable == nullptr ? "" : variable;
  if (wanted.empty()) return supported.back();
  if (wanted == "native") {
    if (HasNativeBf16()) return supported.back();
    throw Error(ErrorKind::kConfig, "WSEL_BF16",
                "this processor has neither AMX nor AVX-512 BF16; unset the "
                "variable, or use widened");
  }
  if (std::ranges::find(kProductRows, wanted,
                        &Registered<Bf16Products>::name) ==
      std::end(kProductRows)) {
    throw Error(ErrorKind::kUsage, "WSEL_BF16",
                Unknown("bf16 products", wanted,
                        {"native", "amx", "avx512_bf16", "widened", "off"}));
  }
  const Bf16Products products = kProductNames.Find(wanted, "WSEL_BF16");
  if (std::ranges::find(supported, products) != supported.end()) {
    return products;
  }
  throw Error(
      ErrorKind::kConfig, "WSEL_BF16",
      "this processor does not support {}; unset the variable, or use {}",
      wanted, NameOf(supported.back()));
}

}  // namespace

std::string_view NameOf(Bf16Products products) {
  return kProductNames.NameOf(products);
}

std::span<const Bf16Products> SupportedBf16Products() {
  static const std::vector<Bf16Products> products = DetectProducts();
  return products;
}

bool HasNativeBf16() {
  return SupportedBf16Products().back() > Bf16Products::kWidened;
}

namespace {

Bf16Products& InUse() {
  static Bf16Products products = ChooseProducts();
  return products;
}

}  // namespace

Bf16Products ActiveBf16Products() { return InUse(); }

Bf16InUse::Bf16InUse(Bf16Products products)
    : in_use_(&InUse()), before_(std::exchange(*in_use_, products)) {}

Bf16InUse::~Bf16InUse() { *in_use_ = before_; }

}  // namespace wsel::kernels
