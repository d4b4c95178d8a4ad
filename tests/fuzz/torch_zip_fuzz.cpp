#include "checkpoint/zip_bytes.h"
#include "fuzz/read_input.h"

// An input is a zip file or, since most mutations of a zip break its offsets,
// the pickle of one in which storage "0" has 64 bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace wsel;
  using namespace wsel::checkpoint;
  const auto open = OpenBy([](const MappedFile& file, AllocationLimit& limit) {
    const ZipArchive zip(file.bytes(), file.path().string());
    return ReadTorchZip(file, zip, limit);
  });
  if (IsZip({data, size})) {
    ReadBytes({data, size}, open);
    return 0;
  }
  const std::string pickle(reinterpret_cast<const char*>(data), size);
  ReadBytes(ZipOf({{.name = "a/data.pkl", .data = pickle},
                   {.name = "a/data/0", .data = std::string(64, '\x01')}}),
            open);
  return 0;
}
