#include "normal_noise.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "wsel/image/vector_clones.h"

namespace wsel::augment {
namespace {

// Counters per block: the arrays fit the L1 cache, and loops over them
// vectorise.
constexpr int kBlock = 64;

using Words = std::array<uint32_t, kBlock>;

// Philox as in core/philox.h, for counters first, first + 1, ....
inline void PhiloxBlock(uint32_t first, std::array<uint32_t, 2> key,
                        std::array<Words, 4>& x) {
  for (int i = 0; i < kBlock; ++i) {
    x[0][i] = first + i;
    x[1][i] = x[2][i] = x[3][i] = 0;
  }
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < kBlock; ++i) {
      const uint64_t a = uint64_t{0xD2511F53} * x[0][i];
      const uint64_t b = uint64_t{0xCD9E8D57} * x[2][i];
      x[0][i] = static_cast<uint32_t>(b >> 32) ^ x[1][i] ^ key[0];
      x[1][i] = static_cast<uint32_t>(b);
      x[2][i] = static_cast<uint32_t>(a >> 32) ^ x[3][i] ^ key[1];
      x[3][i] = static_cast<uint32_t>(a);
    }
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
}

// Natural logarithm of a normal x > 0. Source: Cephes, logf.
inline float Log(float x) {
  // x = 2^exponent * m, m within [sqrt(1/2), sqrt(2)).
  constexpr uint32_t kRootHalf = 0x3F3504F3;
  const uint32_t shifted = std::bit_cast<uint32_t>(x) - kRootHalf;
  const auto exponent = static_cast<float>(static_cast<int32_t>(shifted) >> 23);
  const float m =
      std::bit_cast<float>((shifted & 0x007FFFFF) + kRootHalf) - 1.0F;
  float y = 7.0376836292e-2F;
  y = y * m - 1.1514610310e-1F;
  y = y * m + 1.1676998740e-1F;
  y = y * m - 1.2420140846e-1F;
  y = y * m + 1.4249322787e-1F;
  y = y * m - 1.6668057665e-1F;
  y = y * m + 2.0000714765e-1F;
  y = y * m - 2.4999993993e-1F;
  y = y * m + 3.3333331174e-1F;
  const float square = m * m;
  y = y * m * square;
  y = y + exponent * -2.12194440e-4F;
  y = y - 0.5F * square;
  return (m + y) + exponent * 0.693359375F;
}

// Two normal values from 64 random bits. Sine and cosine: Cephes, within an
// eighth of a turn; the upper two bits of the angle add quarter turns.
inline void BoxMuller(uint32_t length_bits, uint32_t angle_bits, float* first,
                      float* second) {
  const float uniform =
      (static_cast<float>(static_cast<int32_t>(length_bits >> 9)) + 0.5F) *
      0x1p-23F;
  const float length = std::sqrt(-2.0F * Log(uniform));
  const float a = static_cast<float>(static_cast<int32_t>(angle_bits << 2)) *
                  (0.785398163397448F * 0x1p-31F);
  const float z = a * a;
  float sine = -1.9515295891e-4F;
  sine = sine * z + 8.3321608736e-3F;
  sine = sine * z - 1.6666654611e-1F;
  sine = sine * z * a + a;
  float cosine = 2.443315711809948e-5F;
  cosine = cosine * z - 1.388731625493765e-3F;
  cosine = cosine * z + 4.166664568298827e-2F;
  cosine = cosine * z * z - 0.5F * z + 1.0F;
  // Selects with bit operations, since a branch would prevent vectorisation.
  const auto x = std::bit_cast<uint32_t>(cosine);
  const auto y = std::bit_cast<uint32_t>(sine);
  const uint32_t swap = (x ^ y) & -(angle_bits >> 30 & 1);
  const uint32_t sign = angle_bits & 0x80000000;
  *first = length * std::bit_cast<float>(x ^ swap ^ sign);
  *second = length * std::bit_cast<float>(y ^ swap ^ sign);
}

WSEL_VECTOR_CLONES
void NormalBlock(uint32_t first, const uint32_t* key, float* out) {
  std::array<Words, 4> x;
  PhiloxBlock(first, {key[0], key[1]}, x);
  for (int i = 0; i < kBlock; ++i) {
    BoxMuller(x[0][i], x[1][i], out + i, out + kBlock + i);
  }
  out += ptrdiff_t{2} * kBlock;
  for (int i = 0; i < kBlock; ++i) {
    BoxMuller(x[2][i], x[3][i], out + i, out + kBlock + i);
  }
}

}  // namespace

void FillNormal(std::array<uint32_t, 2> key, std::span<float> out) {
  constexpr size_t kBlockValues = size_t{4} * kBlock;
  std::array<float, kBlockValues> values;
  for (uint32_t block = 0; !out.empty(); ++block) {
    NormalBlock(block * kBlock, key.data(), values.data());
    const size_t count = std::min(out.size(), kBlockValues);
    std::copy_n(values.begin(), count, out.begin());
    out = out.subspan(count);
  }
}

}  // namespace wsel::augment
