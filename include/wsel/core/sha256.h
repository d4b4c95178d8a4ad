// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace wsel {

// SHA-256 (FIPS 180-4) by OpenSSL, which uses the CPU's SHA instructions.
class Sha256 {
 public:
  Sha256();

  void Update(std::span<const std::byte> bytes);
  void Update(std::string_view text) { Update(std::as_bytes(std::span(text))); }
  // 64 lower-case hexadecimal digits. Finalises the digest: call it once.
  std::string Hex();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

std::string Sha256Hex(std::span<const std::byte> bytes);
inline std::string Sha256Hex(std::string_view text) {
  return Sha256Hex(std::as_bytes(std::span(text)));
}
// The digest of a file, as sha256sum prints it. Errors: kIo.
std::string Sha256OfFile(const std::filesystem::path& path);

}  // namespace wsel
