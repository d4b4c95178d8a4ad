// Torch-free.
#pragma once

#include <string>

#include "wsel/session/size_choices.h"

namespace wsel::session {

// The front that a budget chose from, from the smallest student to the largest:
// sizes, costs and errors, the student marked with "*".
std::string SizeTable(const SizeChoice& choice);

}  // namespace wsel::session
