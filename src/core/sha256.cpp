#include "wsel/core/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>

#include "wsel/core/mapped_file.h"

namespace wsel {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  if (context_ == nullptr ||
      EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();  // OpenSSL can only fail here for lack of memory
  }
}

void Sha256::Update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

std::string Sha256::Hex() {
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string Sha256Hex(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.Update(bytes);
  return hash.Hex();
}

std::string Sha256OfFile(const std::filesystem::path& path) {
  constexpr size_t kChunk = size_t{4} << 20;
  const MappedFile file(path);
  Sha256 hash;
  for (auto rest = file.bytes(); !rest.empty();) {
    const auto chunk = rest.first(std::min(kChunk, rest.size()));
    hash.Update(chunk);
    file.Release(chunk);  // a teacher may be larger than memory
    rest = rest.subspan(chunk.size());
  }
  return hash.Hex();
}

}  // namespace wsel
