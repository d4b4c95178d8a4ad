#include "wsel/train/device.h"

#include <gtest/gtest.h>

#include "throws.h"

namespace wsel::train {
namespace {

TEST(RequireDevicePerRank, NamesTheNumbers) {
  RequireDevicePerRank("cuda", 8, 8);
  RequireDevicePerRank("auto", 3, 8);
  ExpectError([] { RequireDevicePerRank("cuda", 8, 4); }, ErrorKind::kUsage,
              {"ranks", "are 8 on this machine", "4 GPUs", "cpu"});
  ExpectError([] { RequireDevicePerRank("auto", 2, 1); }, ErrorKind::kUsage,
              {"are 2 on this machine", "1 GPU:"});
}

TEST(RequireDevicePerRank, OneGpuIsNotForSeveralRanks) {
  ExpectError([] { RequireDevicePerRank("cuda:1", 2, 8); }, ErrorKind::kUsage,
              {"device", "cuda:1, one GPU", "2 ranks", "choose cuda"});
}

TEST(RequireDevices, TheCpuIsForAnyNumberOfRanks) {
  RequireDevices("cpu", 1000);
  EXPECT_EQ(FindRankDevice("cpu", 7, 8), c10::Device(c10::kCPU));
}

}  // namespace
}  // namespace wsel::train
