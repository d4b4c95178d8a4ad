#include <stdlib.h>

#include <fstream>

#include "checkpoint/safetensors_bytes.h"
#include "fuzz/read_input.h"

namespace {

using namespace wsel;
using namespace wsel::checkpoint;

// A folder with the files that the seed lists; it is not deleted.
const std::filesystem::path& Folder() {
  static const std::filesystem::path folder = [] {
    std::string name = std::filesystem::temp_directory_path() / "fuzz-XXXXXX";
    std::filesystem::path made = mkdtemp(name.data());
    std::ofstream(made / "a.safetensors", std::ios::binary)
        << ByteTensors({"a"});
    std::ofstream(made / "b.safetensors", std::ios::binary)
        << ByteTensors({"b", "c"});
    return made;
  }();
  return folder;
}

std::unique_ptr<Checkpoint> OpenOne(const std::filesystem::path& path,
                                    AllocationLimit& limit) {
  auto file = std::make_unique<MappedFile>(path);
  limit.AddFile(file->bytes().size());
  return OpenBy(ReadSafetensors)(std::move(file), limit);
}

}  // namespace

// An input is the index.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto path = Folder() / "index";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data),
             static_cast<std::streamsize>(size));
  ReadFile(path, [](std::unique_ptr<MappedFile> file, AllocationLimit& limit) {
    return OpenSharded(std::move(file), OpenOne, limit);
  });
  return 0;
}
