#include "checkpoint/zip_bytes.h"
#include "fuzz/read_input.h"

// An input is a zip file or, since most mutations of a zip break its offsets,
// the only array in it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace wsel;
  using namespace wsel::checkpoint;
  const auto open = [](std::unique_ptr<MappedFile> file,
                       AllocationLimit& limit) -> std::unique_ptr<Checkpoint> {
    const ZipArchive zip(file->bytes(), file->path().string());
    if (!IsNpz(zip)) return Open(file->path());
    return OpenBy([&](const MappedFile& read, AllocationLimit& limit_) {
      return ReadNpz(read, zip, limit_);
    })(std::move(file), limit);
  };
  if (IsZip({data, size})) {
    ReadBytes({data, size}, open);
    return 0;
  }
  const std::string npy(reinterpret_cast<const char*>(data), size);
  ReadBytes(ZipOf({{.name = "a.npy", .data = npy}}), open);
  return 0;
}
