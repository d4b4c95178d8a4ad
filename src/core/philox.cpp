#include "wsel/core/philox.h"

#include <cmath>

namespace wsel {
namespace {

constexpr std::array<uint32_t, 2> Split(uint64_t value) {
  return {static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32)};
}

// FNV-1a, 64 bits.
constexpr uint64_t HashName(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

// Horner's rule, highest power first.
template <size_t N>
constexpr double Polynomial(const std::array<double, N>& c, double x) {
  double sum = 0;
  for (const double term : c) sum = sum * x + term;
  return sum;
}

}  // namespace

std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> x,
                               std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const auto a = Split(uint64_t{0xD2511F53} * x[0]);
    const auto b = Split(uint64_t{0xCD9E8D57} * x[2]);
    x = {b[1] ^ x[1] ^ key[0], b[0], a[1] ^ x[3] ^ key[1], a[0]};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return x;
}

RandomStream::RandomStream(uint64_t seed, std::string_view name)
    : key_(Split(seed)), name_(Split(HashName(name))) {}

uint64_t RandomStream::Bits(uint64_t index) const {
  const auto at = Split(index);
  const auto x = Philox({at[0], at[1], name_[0], name_[1]}, key_);
  return uint64_t{x[1]} << 32 | x[0];
}

double RandomStream::Uniform(uint64_t index) const {
  // The midpoint of one of 2^52 equal intervals: never 0 or 1.
  return (static_cast<double>(Bits(index) >> 12) + 0.5) * 0x1p-52;
}

uint64_t RandomStream::Below(uint64_t index, uint64_t bound) const {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(Wide{Bits(index)} * bound >> 64);
}

double NormalQuantile(double p) {
  // Coefficients of AS 241, highest power first; each pair is a numerator and
  // a denominator.
  static constexpr std::array<double, 8> kA = {
      2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
      45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
      133.14166789178437745, 3.387132872796366608};
  static constexpr std::array<double, 8> kB = {
      5226.495278852545925,  28729.085735721942674,
      39307.89580009271061,  21213.794301586595867,
      5394.1960214247511077, 687.1870074920579083,
      42.313330701600911252, 1.0};
  static constexpr std::array<double, 8> kC = {
      7.7454501427834140764e-4, .0227238449892691845833, .24178072517745061177,
      1.27045825245236838258,   3.64784832476320460504,  5.7694972214606914055,
      4.6303378461565452959,    1.42343711074968357734};
  static constexpr std::array<double, 8> kD = {
      1.05075007164441684324e-9, 5.475938084995344946e-4,
      .0151986665636164571966,   .14810397642748007459,
      .68976733498510000455,     1.6763848301838038494,
      2.05319162663775882187,    1.0};
  static constexpr std::array<double, 8> kE = {
      2.01033439929228813265e-7, 2.71155556874348757815e-5,
      .0012426609473880784386,   .026532189526576123093,
      .29656057182850489123,     1.7848265399172913358,
      5.4637849111641143699,     6.6579046435011037772};
  static constexpr std::array<double, 8> kF = {
      2.04426310338993978564e-15, 1.4215117583164458887e-7,
      1.8463183175100546818e-5,   7.868691311456132591e-4,
      .0148753612908506148525,    .13692988092273580531,
      .59983220655588793769,      1.0};

  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * Polynomial(kA, r) / Polynomial(kB, r);
  }
  double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  double value = 0;
  if (r <= 5) {
    r -= 1.6;
    value = Polynomial(kC, r) / Polynomial(kD, r);
  } else {
    r -= 5;
    value = Polynomial(kE, r) / Polynomial(kF, r);
  }
  return q < 0 ? -value : value;
}

}  // namespace wsel
