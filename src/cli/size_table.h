// Torch-free.
#pragma once

#include <string>

#include "wsel/session/size_choices.h"

namespace wsel::cli {

// The front that a budget chose from, from the smallest student to the largest:
// sizes, costs and errors, the student marked with "*".
std::string SizeTable(const session::SizeChoice& choice);

}  // namespace wsel::cli
