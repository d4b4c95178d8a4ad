#include "template.h"

#include <vector>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::sweep {

std::string FillTemplate(const std::string& text,
                         const std::map<std::string, std::string>& values,
                         const std::string& where,
                         std::set<std::string>& used) {
  std::string filled;
  size_t start = 0;
  for (size_t open = text.find('{'); open != std::string::npos;
       open = text.find('{', start)) {
    const size_t close = text.find('}', open);
    if (close == std::string::npos) break;
    const std::string name = text.substr(open + 1, close - open - 1);
    const auto found = values.find(name);
    if (found == values.end()) {
      std::vector<std::string> known;
      for (const auto& [key, value] : values) known.push_back(key);
      throw Error(
          ErrorKind::kConfig, where,
          "'" + text + "': " + Unknown("template variable", name, known));
    }
    used.insert(name);
    filled += text.substr(start, open - start) + found->second;
    start = close + 1;
  }
  return filled + text.substr(start);
}

}  // namespace wsel::sweep
