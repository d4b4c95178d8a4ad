// Torch-free.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel {

// The one table of an enumeration's values: what users call each, and what it
// does in one line of help.
template <typename E>
struct Registered {
  E value;
  std::string_view name;
  std::string_view about;
};

template <typename E>
class Registry {
 public:
  // `kind` is what messages call a value: "method". `rows` is a static table.
  constexpr Registry(std::string_view kind, std::span<const Registered<E>> rows)
      : kind_(kind), rows_(rows) {}

  constexpr std::span<const Registered<E>> rows() const { return rows_; }

  constexpr std::string_view NameOf(E value) const {
    for (const auto& row : rows_) {
      if (row.value == value) return row.name;
    }
    return "?";
  }

  // Errors: `error`, with the nearest known name, at `where`.
  E Find(std::string_view name, std::string_view where,
         ErrorKind error = ErrorKind::kUsage) const {
    for (const auto& row : rows_) {
      if (row.name == name) return row.value;
    }
    throw Error(error, where, Unknown(kind_, name, Names()));
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& row : rows_) names.emplace_back(row.name);
    return names;
  }

  // "uniform|consecutive|random", for help texts.
  std::string Choices() const {
    return fmt::to_string(fmt::join(Names(), "|"));
  }

 private:
  std::string_view kind_;
  std::span<const Registered<E>> rows_;
};

}  // namespace wsel
