#include "wsel/checkpoint/npy.h"

#include <utility>
#include <variant>

#include "npy_header.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {

NpyArray ReadNpy(std::span<const std::byte> npy, const std::string& where) {
  NpyHeader header = ReadNpyHeader(npy, where);
  const auto type = DTypeOfNumpy(header.type);
  if (const auto* reason = std::get_if<std::string>(&type)) {
    ThrowFormatError(where, *reason);
  }
  NpyArray array = {std::get<DType>(type), std::move(header.shape),
                    header.fortran_order, npy.subspan(header.size)};
  CheckNpySize({"", array.shape, array.dtype}, array.elements, where);
  return array;
}

}  // namespace wsel::checkpoint
