#include "traced_code.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <charconv>
#include <new>
#include <set>
#include <span>

namespace wsel::checkpoint {
namespace {

// Code is kilobytes; whatever is longer is not looked at.
constexpr uint64_t kMaxCode = 1U << 20U;

using Heads = std::set<int64_t>;

// "3, 4, 8" -> "3", and "4, 8" stays.
std::string_view NextItem(std::string_view& list) {
  const size_t comma = list.find(',');
  std::string_view item = list.substr(0, comma);
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  while (item.starts_with(' ')) item.remove_prefix(1);
  return item;
}

// The number in place of H in "batch, tokens, 3, H, channels".
std::optional<int64_t> HeadsOf(std::string_view list) {
  std::array<std::string_view, 5> items;
  for (std::string_view& item : items) {
    if (list.empty()) return std::nullopt;
    item = NextItem(list);
  }
  if (!list.empty() || items[2] != "3") return std::nullopt;
  // [2, 0, 3, 1, 4] is a permutation.
  const char first = items[0].empty() ? '0' : items[0].front();
  if (first >= '0' && first <= '9') return std::nullopt;
  int64_t heads = 0;
  const char* end = items[3].data() + items[3].size();
  const auto [stop, error] = std::from_chars(items[3].data(), end, heads);
  if (error != std::errc() || stop != end || heads < 1) return std::nullopt;
  return heads;
}

void AddHeads(std::string_view code, Heads& found) {
  for (size_t at = code.find('['); at != std::string_view::npos;
       at = code.find('[', at + 1)) {
    const std::string_view rest = code.substr(at + 1);
    const size_t end = rest.find_first_of("[]\n");
    if (end == std::string_view::npos || rest[end] != ']') continue;
    if (const auto heads = HeadsOf(rest.substr(0, end))) found.insert(*heads);
  }
}

std::optional<int64_t> OnlyOne(const Heads& found) {
  return found.size() == 1 ? std::optional(*found.begin()) : std::nullopt;
}

// Decompresses into `text`, which has the size; false: it is corrupt.
bool Inflate(std::span<const std::byte> bytes, std::string& text) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return result == Z_STREAM_END && stream.avail_out == 0;
}

}  // namespace

std::optional<int64_t> TracedHeads(std::string_view code) {
  Heads found;
  AddHeads(code, found);
  return OnlyOne(found);
}

std::optional<int64_t> TracedHeads(const ZipArchive& zip, std::string_view root,
                                   const std::string& path,
                                   AllocationLimit& limit) {
  constexpr uint16_t kDeflated = 8;
  const std::string folder = fmt::format("{}/code/", root);
  Heads found;
  std::string text;
  for (const ZipEntry& entry : zip.entries()) {
    if (!entry.name.starts_with(folder) || !entry.name.ends_with(".py") ||
        entry.size == 0 || entry.size > kMaxCode ||
        entry.data.size() > kMaxCode) {
      continue;
    }
    if (entry.method == 0) {
      AddHeads(
          {reinterpret_cast<const char*>(entry.data.data()), entry.data.size()},
          found);
    } else if (entry.method == kDeflated) {
      if (entry.size > text.capacity()) {
        limit.Charge(entry.size - text.capacity(), path);
        text = std::string();
        text.reserve(entry.size);
      }
      text.resize(entry.size);
      if (Inflate(entry.data, text)) AddHeads(text, found);
    }
  }
  return OnlyOne(found);
}

}  // namespace wsel::checkpoint
