// Torch-free.
#pragma once

#include <string>
#include <string_view>

namespace wsel::checkpoint {

// Ends the reading of a file whose content cannot be trusted: throws kFormat.
// `where` is the file's path, with the place in it where that is known.
[[noreturn]] void Refuse(std::string_view where, std::string_view message);

// What a file says, fit for a message: in quotes, cut at 100 bytes, and
// without the control characters that would steer a terminal.
std::string Quoted(std::string_view text);

// "model.pth: tensor 'head.weight'"
std::string AtTensor(std::string_view path, std::string_view name);

}  // namespace wsel::checkpoint
