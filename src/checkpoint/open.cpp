#include <algorithm>
#include <array>

#include "legacy_torch.h"
#include "npz.h"
#include "safetensors.h"
#include "shard_index.h"
#include "sharded.h"
#include "torch_zip.h"
#include "unknown_file.h"
#include "wsel/checkpoint/allocation_limit.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/core/mapped_file.h"
#include "zip.h"

namespace wsel::checkpoint {
namespace {

using Bytes = std::span<const std::byte>;

bool LooksLikeZip(Bytes bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{'P'} &&
         bytes[1] == std::byte{'K'};
}

bool LooksLikeSafetensors(Bytes bytes) {
  return bytes.size() >= 9 && bytes[8] == std::byte{'{'};
}

std::unique_ptr<Checkpoint> OpenZip(std::unique_ptr<MappedFile> file,
                                    AllocationLimit& limit) {
  const ZipArchive zip(file->bytes(), file->path().string());
  const auto open = IsNpz(zip) ? OpenNpz : OpenTorchZip;
  return open(std::move(file), zip, limit);
}

struct Reader {
  bool (*accepts)(Bytes);
  std::unique_ptr<Checkpoint> (*open)(std::unique_ptr<MappedFile>,
                                      AllocationLimit&);
};

// The first reader that accepts the file opens it.
constexpr std::array kReaders = {
    Reader{LooksLikeZip, OpenZip},
    Reader{IsLegacyTorch, OpenLegacyTorch},
    Reader{LooksLikeSafetensors, OpenSafetensors},
};

std::unique_ptr<Checkpoint> OpenOne(std::unique_ptr<MappedFile> file,
                                    AllocationLimit& limit) {
  const auto reader =
      std::find_if(kReaders.begin(), kReaders.end(),
                   [&](const Reader& r) { return r.accepts(file->bytes()); });
  if (reader == kReaders.end()) {
    ThrowFormatError(file->path().string(), DescribeUnknownFile(file->bytes()));
  }
  return reader->open(std::move(file), limit);
}

std::unique_ptr<Checkpoint> OpenOneAt(const std::filesystem::path& path,
                                      AllocationLimit& limit) {
  auto file = std::make_unique<MappedFile>(path);
  limit.AddFile(file->bytes().size());
  return OpenOne(std::move(file), limit);
}

}  // namespace

std::unique_ptr<Checkpoint> Open(const std::filesystem::path& path) {
  auto file = std::make_unique<MappedFile>(path);
  AllocationLimit limit(file->bytes().size());
  return LooksLikeJsonObject(file->bytes())
             ? OpenSharded(std::move(file), OpenOneAt, limit)
             : OpenOne(std::move(file), limit);
}

}  // namespace wsel::checkpoint
