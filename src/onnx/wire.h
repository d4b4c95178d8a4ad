// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/atomic_file.h"
#include "wsel/tensor/source.h"

namespace wsel::onnx {

// A protobuf message as bytes (protobuf.dev/programming-guides/encoding), for
// writing only. Not by libprotobuf: libtorch_cpu.so exports the symbols of its
// own version, so that a second one in this process would have to be linked
// statically and hidden in every build and package, and its messages would hold
// a copy of all weights. ONNX needs three kinds of fields: a number is a
// varint, a float is 4 bytes, and text, bytes and messages have a length.
class WireMessage {
 public:
  void AddInteger(uint32_t field, int64_t value);
  void AddFloat(uint32_t field, float value);
  void AddText(uint32_t field, std::string_view text);
  // Without a copy; the view must be contiguous.
  void AddBytes(uint32_t field, const TensorView& view);
  void AddMessage(uint32_t field, WireMessage message);

  uint64_t size() const { return size_; }
  // Errors: kIo.
  void WriteTo(AtomicFile& file) const;

 private:
  // Text, then the bytes of a tensor, if there is one.
  struct Piece {
    std::string text;
    TensorView tensor = {};
  };

  void AddVarint(uint64_t value);
  void AddTag(uint32_t field, uint32_t wire_type);
  void Append(std::string_view text);

  std::vector<Piece> pieces_;
  uint64_t size_ = 0;
};

}  // namespace wsel::onnx
