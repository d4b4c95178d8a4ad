// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "wsel/core/height_width.h"
#include "wsel/core/registry.h"
#include "wsel/model/convnext_config.h"
#include "wsel/model/vit_config.h"

namespace wsel::model {

inline constexpr int64_t kMaxSize = (1 << 20) - 1;
inline constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// The values that a number may have. Real numbers must be finite.
struct Range {
  int64_t low = 0;
  int64_t high = kNoLimit;
  bool above = false;  // above `low`, not `low` itself
};
inline constexpr Range kSize = {1, kMaxSize};
inline constexpr Range kCount = {0, kMaxSize};
// timm's in_chans: satellite sensors have up to some hundreds.
inline constexpr Range kInChans = {1, 1024};
inline bool IsInChans(int64_t n) {
  return n >= kInChans.low && n <= kInChans.high;
}
// For the end of a description: ", 1-channel images"; of RGB nothing.
std::string DescribeInChans(int64_t in_chans);
inline constexpr Range kDepth = {1, 1024};
inline constexpr Range kNotNegative = {0};
inline constexpr Range kPositive = {0, kNoLimit, true};

// A field of the config C: its key in JSON and its valid values. One table of
// these per architecture serves reading, writing and checking.
template <typename C>
struct Field {
  std::string_view key;
  std::variant<std::string C::*, int64_t C::*, HeightWidth C::*,
               std::array<int64_t, 4> C::*, double C::*, bool C::*,
               Pooling C::*, Activation C::*, Norm C::*, Qkv C::*, MlpForm C::*,
               BlockForm C::*, Rope C::*, ConvNextStem C::*, ConvNextNorm C::*>
      member;
  Range range = {};
  // Written only if it is not the default: plans and checkpoints of models that
  // do not use it stay as they were.
  bool rare = false;
};

// Calls visit(field, value) for each field of a config, in the table's order.
template <typename C, typename MaybeConst, typename Visitor>
void VisitFields(std::span<const Field<C>> fields, MaybeConst& config,
                 const Visitor& visit) {
  for (const Field<C>& field : fields) {
    std::visit([&](auto member) { visit(field, config.*member); },
               field.member);
  }
}

const Registry<Pooling>& NamesOf(Pooling tag);
const Registry<Activation>& NamesOf(Activation tag);
const Registry<Norm>& NamesOf(Norm tag);
const Registry<Qkv>& NamesOf(Qkv tag);
const Registry<MlpForm>& NamesOf(MlpForm tag);
const Registry<BlockForm>& NamesOf(BlockForm tag);
const Registry<Rope>& NamesOf(Rope tag);
const Registry<ConvNextStem>& NamesOf(ConvNextStem tag);
const Registry<ConvNextNorm>& NamesOf(ConvNextNorm tag);

// Checks the fields of a config that is called `where`. Errors: kConfig, naming
// the field.
class FieldChecker {
 public:
  explicit FieldChecker(std::string_view where) : where_(where) {}

  // With a message in fmt's syntax.
  template <typename... Args>
  void Require(bool valid, std::string_view field,
               fmt::format_string<Args...> message, Args&&... args) const {
    if (valid) return;
    throw Error(ErrorKind::kConfig, fmt::format("{}.{}", where_, field),
                fmt::format(message, std::forward<Args>(args)...));
  }
  void Check(std::string_view field, int64_t value, const Range& range) const;
  void Check(std::string_view field, double value, const Range& range) const;
  void Check(std::string_view field, const HeightWidth& value,
             const Range& range) const;
  void Check(std::string_view field, const std::array<int64_t, 4>& value,
             const Range& range) const;
  template <typename T>
  void Check(std::string_view, const T&, const Range&) const {}

 private:
  std::string_view where_;
};

}  // namespace wsel::model
