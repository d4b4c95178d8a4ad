// Torch-free.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace wsel::naming {

// A tensor's name without the modules that programs wrap around parts of a
// model (torch.compile's _orig_mod, FSDP's and activation checkpointing's).
std::string PlainName(std::string_view name);

// The rank of a prefix among the copies of the weights in a file; lower is
// better. Copies of equal rank are equally likely to be meant.
struct CopyRank {
  // An average, if none is wanted.
  bool unwanted = false;
  // Has a component that no known training program adds.
  bool unknown = false;
  size_t position = 0;

  auto operator<=>(const CopyRank&) const = default;
};
// `prefix`: of plain names. `no_ema`: moving averages, and teachers that are
// such, are the last choice instead of the first.
CopyRank RankOf(std::string_view prefix, bool no_ema);

// What a tensor outside of the model is, if its name says so ("optimizer
// state"), or "".
std::string_view OtherState(std::string_view name);

}  // namespace wsel::naming
