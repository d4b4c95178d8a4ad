#include "mapped_records.h"

#include "wsel/core/mapped_file.h"

namespace wsel::data {

Records MapRecords(const std::filesystem::path& path) {
  const auto file = std::make_shared<const MappedFile>(path);
  const auto bytes = file->bytes();
  return {path.filename().string(),
          {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
          file};
}

}  // namespace wsel::data
