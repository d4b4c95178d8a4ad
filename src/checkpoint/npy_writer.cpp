#include "wsel/checkpoint/npy_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>

#include "npy_header.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/mapped_file.h"

namespace wsel::checkpoint {
namespace {

using namespace std::string_view_literals;

// A one-element tuple needs a trailing comma.
std::string Tuple(const Shape& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "),
                     shape.size() == 1 ? "," : "");
}

// Padded with spaces, so that the data starts at a multiple of 64 bytes.
std::string Header(const Shape& shape) {
  constexpr size_t kPrefix = 10;  // magic, version, length
  std::string text =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': {}, }}",
                  Tuple(shape));
  text.append(63 - (kPrefix + text.size()) % 64, ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00"sv);
  header += static_cast<char>(text.size() & 0xff);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace

void WriteNpy(const std::filesystem::path& path, const Shape& shape,
              std::span<const float> values) {
  AtomicFile file(path);
  file.Write(Header(shape));
  file.Write(std::as_bytes(values));
  file.Commit([&](const std::filesystem::path& written) {
    const MappedFile map(written);
    const NpyHeader header = ReadNpyHeader(map.bytes(), path.string());
    if (header.shape == shape &&
        map.bytes().size() == header.size + values.size_bytes()) {
      return;
    }
    throw Error(ErrorKind::kIo, path.string(),
                "did not read back as written; check the disk");
  });
}

}  // namespace wsel::checkpoint
