#include <algorithm>
#include <array>
#include <utility>

#include "byte_cursor.h"
#include "container_readers.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/format_error.h"

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

// Whether a file is JSON that may be an index: it begins with '{', and has no
// zero in its first 8 bytes, unlike the header length of a safetensors file.
bool LooksLikeJsonObject(Bytes bytes) {
  const auto start = TextOf(bytes.first(std::min<size_t>(bytes.size(), 8)));
  const size_t first = start.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && start[first] == '{' &&
         start.find('\0') == std::string_view::npos;
}

Contents ReadZip(const MappedFile& file, AllocationLimit& limit) {
  const ZipArchive zip(file.bytes(), file.path().string());
  return (IsNpz(zip) ? ReadNpz : ReadTorchZip)(file, zip, limit);
}

struct Reader {
  bool (*accepts)(Bytes);
  Contents (*read)(const MappedFile&, AllocationLimit&);
};

// The first reader that accepts the file opens it.
constexpr std::array kReaders = {
    Reader{LooksLikeZip, ReadZip},
    Reader{IsLegacyTorch, ReadLegacyTorch},
    Reader{LooksLikeSafetensors, ReadSafetensors},
};

std::unique_ptr<Checkpoint> OpenOne(std::unique_ptr<MappedFile> file,
                                    AllocationLimit& limit) {
  const auto reader = std::ranges::find_if(
      kReaders, [&](const Reader& r) { return r.accepts(file->bytes()); });
  if (reader == kReaders.end()) {
    ThrowFormatError(file->path().string(), DescribeUnknownFile(file->bytes()));
  }
  Contents contents = reader->read(*file, limit);
  return std::make_unique<MappedCheckpoint>(std::move(file),
                                            std::move(contents));
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
