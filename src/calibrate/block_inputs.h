#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wsel::calibrate {

// Some inputs of a linear layer, such as one that writes to the stream.
struct WriterColumns {
  std::string layer;  // "blocks.0.attn.proj"
  int64_t first = 0;
  int64_t count = 0;
};

// The inputs of a block's layers: channels of the stream, of attention's output
// and hidden channels.
struct BlockInputs {
  std::vector<WriterColumns> of_stream;
  std::optional<WriterColumns> of_attention;  // nullopt: no attention
  WriterColumns of_hidden;
};

}  // namespace wsel::calibrate
