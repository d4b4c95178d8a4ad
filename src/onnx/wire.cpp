#include "wire.h"

#include <bit>
#include <utility>

namespace wsel::onnx {
namespace {

// The kinds of a field in its tag.
constexpr uint32_t kVarint = 0;
constexpr uint32_t kLength = 2;
constexpr uint32_t kFourBytes = 5;

}  // namespace

void WireMessage::Append(std::string_view text) {
  // A tensor ends its piece.
  if (pieces_.empty() || !pieces_.back().tensor.bytes.empty()) {
    pieces_.emplace_back();
  }
  pieces_.back().text += text;
  size_ += text.size();
}

// Seven bits a byte, the lowest first; the highest bit says that more follow.
void WireMessage::AddVarint(uint64_t value) {
  std::string bytes;
  while (value >= 0x80) {
    bytes += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes += static_cast<char>(value);
  Append(bytes);
}

void WireMessage::AddTag(uint32_t field, uint32_t wire_type) {
  AddVarint(field << 3U | wire_type);
}

void WireMessage::AddInteger(uint32_t field, int64_t value) {
  AddTag(field, kVarint);
  AddVarint(static_cast<uint64_t>(value));  // int64 in two's complement
}

void WireMessage::AddFloat(uint32_t field, float value) {
  AddTag(field, kFourBytes);
  const auto bits = std::bit_cast<uint32_t>(value);
  std::string bytes;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes += static_cast<char>(bits >> shift);
  }
  Append(bytes);
}

void WireMessage::AddText(uint32_t field, std::string_view text) {
  AddTag(field, kLength);
  AddVarint(text.size());
  Append(text);
}

void WireMessage::AddBytes(uint32_t field, const TensorView& view) {
  AddTag(field, kLength);
  AddVarint(view.bytes.size());
  if (view.bytes.empty()) return;
  pieces_.back().tensor = view;
  size_ += view.bytes.size();
}

void WireMessage::AddMessage(uint32_t field, WireMessage message) {
  AddTag(field, kLength);
  AddVarint(message.size_);
  for (Piece& piece : message.pieces_) {
    Append(piece.text);
    if (piece.tensor.bytes.empty()) continue;
    size_ += piece.tensor.bytes.size();
    pieces_.back().tensor = std::move(piece.tensor);
  }
}

void WireMessage::WriteTo(AtomicFile& file) const {
  for (const Piece& piece : pieces_) {
    file.Write(std::string_view{piece.text});
    if (!piece.tensor.bytes.empty()) file.Write(piece.tensor.bytes);
  }
}

}  // namespace wsel::onnx
