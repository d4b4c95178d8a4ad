#include <charconv>

#include "wsel/core/error.h"
#include "wsel/select/family.h"

namespace wsel::select {
namespace {

void AddSize(const std::string& item, std::string_view where, Sizes& sizes) {
  const size_t equals = item.find('=');
  const std::string name = item.substr(0, equals);
  int64_t size = 0;
  const char* end = item.data() + item.size();
  const char* begin =
      equals == std::string::npos ? end : item.data() + equals + 1;
  const auto [rest, code] = std::from_chars(begin, end, size);
  if (code != std::errc() || rest != end || name.empty()) {
    throw Error(ErrorKind::kUsage, where,
                "'" + item + "' is not of the form name=number");
  }
  if (!sizes.emplace(name, size).second) {
    throw Error(ErrorKind::kUsage, where, "gives '" + name + "' twice");
  }
}

}  // namespace

Sizes SizesFromText(const std::vector<std::string>& items,
                    std::string_view where) {
  Sizes sizes;
  for (const std::string& item : items) AddSize(item, where, sizes);
  return sizes;
}

}  // namespace wsel::select
