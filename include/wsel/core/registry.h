// Torch-free.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel {

// A row of an enumeration's table: the name that users type for a value.
template <typename E>
struct Registered {
  E value;
  std::string_view name;
  std::string_view about = {};  // a remark for who reads the table
};

template <typename E>
class Registry {
 public:
  // `kind` names the enumeration in messages, such as "method". `rows` must be
  // a static table.
  constexpr Registry(std::string_view kind, std::span<const Registered<E>> rows)
      : kind_(kind), rows_(rows) {}

  constexpr std::span<const Registered<E>> rows() const { return rows_; }

  constexpr std::string_view NameOf(E value) const {
    const auto row = std::ranges::find(rows_, value, &Registered<E>::value);
    return row == rows_.end() ? "?" : row->name;
  }

  // Errors: `error` at `where`, with the nearest known name, if there is no
  // such name.
  E Find(std::string_view name, std::string_view where,
         ErrorKind error = ErrorKind::kUsage) const {
    const auto row = std::ranges::find(rows_, name, &Registered<E>::name);
    if (row != rows_.end()) return row->value;
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
