#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "byte_cursor.h"
#include "container_readers.h"

namespace wsel::checkpoint {
namespace {

using namespace std::string_view_literals;

struct KnownFormat {
  size_t offset;
  std::string_view magic;
  std::string_view message;
};

// The first row that matches counts, so more specific ones come first.
constexpr std::array kKnownFormats = {
    KnownFormat{
        0, "sys_info"sv,
        "is a tar checkpoint of torch before 0.1.10, which torch.load itself "
        "now rejects; convert it with a torch version of that time"},
    KnownFormat{257, "ustar"sv,
                "is a tar archive; unpack it and use the checkpoint inside"},
    KnownFormat{0, "\x89HDF\r\n\x1a\n"sv,
                "is an HDF5 file (Keras, TensorFlow); convert it to "
                "safetensors in Python"},
    KnownFormat{0, "\x93NUMPY"sv,
                "is a single NumPy array (.npy); save the weights by name with "
                "safetensors.numpy.save_file"},
    KnownFormat{0, "\x1f\x8b"sv,
                "is compressed with gzip; unpack it with gunzip"},
    KnownFormat{0,
                "\xfd"
                "7zXZ\0"sv,
                "is compressed with xz; unpack it with unxz"},
    KnownFormat{0, "\x28\xb5\x2f\xfd"sv,
                "is compressed with zstd; unpack it with unzstd"},
    KnownFormat{0, "BZh"sv, "is compressed with bzip2; unpack it with bunzip2"},
    KnownFormat{0, "GGUF"sv,
                "is a GGUF file of llama.cpp, usually with quantised weights; "
                "use the original checkpoint"},
    KnownFormat{0, "version https://git-lfs"sv,
                "is a git-lfs pointer, not the file itself; run `git lfs pull` "
                "in its repository"},
    KnownFormat{0,
                "\x7f"
                "ELF"sv,
                "is a program, not a checkpoint"},
    KnownFormat{0, "\x80"sv,
                "is a bare Python pickle, not a torch.save checkpoint; load it "
                "in Python and torch.save its state_dict"},
};

bool IsHtml(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return std::tolower(c); });
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  return text.starts_with("<!doctype html") || text.starts_with("<html");
}

}  // namespace

std::string DescribeUnknownFile(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "is empty; download or copy it again";
  const auto start = TextOf(bytes.first(std::min<size_t>(bytes.size(), 1024)));
  for (const KnownFormat& row : kKnownFormats) {
    if (start.size() >= row.offset &&
        start.substr(row.offset).starts_with(row.magic)) {
      return std::string(row.message);
    }
  }
  if (IsHtml(std::string(start))) {
    return "is an HTML page, not a checkpoint: the download returned a login "
           "or error page; open the URL in a browser";
  }
  if (start.starts_with('{')) {
    return "is a JSON file, not a checkpoint; use the file with the weights";
  }
  return "is not in a supported checkpoint format: safetensors, a zip of "
         "torch.save, TorchScript or NumPy, or a file of torch before 1.6; a "
         "truncated or corrupt download looks like this too";
}

}  // namespace wsel::checkpoint
