// The lines are of timm 1.0.31's and DINOv2's attention, traced by torch 2.11.
#include "checkpoint/traced_code.h"

#include <gtest/gtest.h>

namespace wsel::checkpoint {
namespace {

TEST(TracedHeads, AreInTheReshapeOfQkv) {
  EXPECT_EQ(TracedHeads("    _3 = int(N)\n"
                        "    _4 = torch.reshape((qkv).forward(argument_1, ), "
                        "[_1, _3, 3, 4, 8])\n"
                        "    qkv0 = torch.permute(_4, [2, 0, 3, 1, 4])\n"),
            4);
  EXPECT_EQ(TracedHeads("torch.reshape(x, [_1, _3, 3, 12, int(_5)])"), 12);
}

TEST(TracedHeads, AreUnknownWhereNothingOrSeveralThingsStateThem) {
  for (const char* code :
       {"", "[", "[_1, _3, 3, 4", "[_1, _3, 3, 4, 8, 2]", "[_1, _3, 3, 4]",
        "[_1, _3, 2, 4, 8]", "[_1, _3, 3, _4, 8]", "[_1, _3, 3, -4, 8]",
        "[_1, _3, 3, 0, 8]", "[_1, _3, 3, 4x, 8]",
        "[_1, _3, 3, 99999999999999999999, 8]", "[2, 0, 3, 1, 4]",
        "[_1, _3, 3, 4, 8] [_1, _3, 3, 2, 16]", "[_1, _3, 3,\n 4, 8]"}) {
    EXPECT_FALSE(TracedHeads(code)) << code;
  }
}

}  // namespace
}  // namespace wsel::checkpoint
