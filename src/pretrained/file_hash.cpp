#include "wsel/pretrained/file_hash.h"

#include <fmt/format.h>

#include <array>

#include "wsel/core/sha256.h"

namespace wsel::pretrained {

const Registry<HashScope>& HashScopes() {
  static constexpr std::array<Registered<HashScope>, 2> kRows = {{
      {HashScope::kRead, "read", "the header and the tensors read"},
      {HashScope::kFull, "full", "the whole file, as sha256sum"},
  }};
  static constexpr Registry<HashScope> kRegistry("hash", kRows);
  return kRegistry;
}

std::string HashFile(const checkpoint::Checkpoint& file,
                     const std::string& tensors_digest, HashScope scope) {
  if (scope == HashScope::kRead) {
    return Sha256Hex(
        fmt::format("{}\n{}\n", Sha256Hex(file.header()), tensors_digest));
  }
  const auto files = file.files();
  if (files.size() == 1) return Sha256OfFile(files[0]);
  std::string sums;  // as sha256sum prints for an index and its shards
  for (const auto& path : files) {
    sums +=
        fmt::format("{}  {}\n", Sha256OfFile(path), path.filename().string());
  }
  return Sha256Hex(sums);
}

}  // namespace wsel::pretrained
