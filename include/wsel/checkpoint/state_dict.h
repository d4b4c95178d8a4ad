// Torch-free.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/checkpoint/allowance.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/pickle.h"
#include "wsel/checkpoint/pickled_tensor.h"

namespace wsel::checkpoint {

// The tensors and the scalars of nested dictionaries, lists and objects, under
// dotted names. Of a pickled nn.Module, `_parameters`, `_buffers` and
// `_modules` do not show in names, so they are those of its state_dict(). A
// pickle that is one tensor and nothing else calls it "tensor".
struct StateDict {
  std::vector<PickledTensor> tensors;  // in the order of the pickle
  std::vector<Unread> unread;
  // Numbers, strings and bools ("true", "false"). Left out: None, what is
  // longer than 1,024 bytes, lists of more than 64 items, and whatever comes
  // after the first 4,096.
  std::map<std::string, std::string> metadata;
};

// The result refers to the pickle's bytes. Of `allowance` it takes what its
// tensors will need as a MappedCheckpoint too. Errors: kFormat where containers
// contain themselves, are nested more than 100 deep, or share so much that the
// tree is a bomb.
StateDict ReadStateDict(const Pickle& pickle, std::string_view path,
                        Allowance& allowance);

}  // namespace wsel::checkpoint
