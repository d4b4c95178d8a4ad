#include <stdlib.h>

#include <fstream>

#include "checkpoint/safetensors_bytes.h"
#include "fuzz/read_input.h"
#include "wsel/checkpoint/safetensors.h"
#include "wsel/checkpoint/sharded.h"

namespace {

using namespace wsel;
using namespace wsel::checkpoint;

// A folder with the files that the seed names; it stays where it is.
const std::filesystem::path& Folder() {
  static const std::filesystem::path folder = [] {
    std::string name = std::filesystem::temp_directory_path() / "fuzz-XXXXXX";
    const std::filesystem::path made = mkdtemp(name.data());
    std::ofstream(made / "a.safetensors", std::ios::binary)
        << ByteTensors({"a"});
    std::ofstream(made / "b.safetensors", std::ios::binary)
        << ByteTensors({"b", "c"});
    return made;
  }();
  return folder;
}

std::unique_ptr<Checkpoint> OpenOne(const std::filesystem::path& path) {
  return OpenSafetensors(std::make_unique<MappedFile>(path));
}

}  // namespace

// An input is the index.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto path = Folder() / "index";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data),
             static_cast<std::streamsize>(size));
  ReadFile(path, [](std::unique_ptr<MappedFile> file) {
    return OpenSharded(std::move(file), OpenOne);
  });
  return 0;
}
