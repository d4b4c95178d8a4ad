#include "wsel/kernels/kernel_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsel::kernels {
namespace {

using testing::IsEmpty;

KernelRecord Record(const std::string& gemm, const std::string& isa) {
  return {{"wsel.gemm", gemm}, {"wsel.isa", isa}};
}

TEST(KernelRecord, IsReadFromMetadata) {
  auto metadata = Record("torch", "avx2");
  metadata["format"] = "pt";
  EXPECT_EQ(RecordIn(metadata), Record("torch", "avx2"));
  EXPECT_THAT(RecordIn({{"format", "pt"}}), IsEmpty());
}

TEST(KernelRecord, IsDescribed) {
  EXPECT_EQ(Describe(Record("onednn 2.6.3", "avx2")),
            "GEMM backend onednn 2.6.3, instruction set avx2");
}

TEST(KernelRecord, IsRestoredByTheEnvironmentWherePossible) {
  const auto now = Record("onednn 2.6.3", "avx2");
  EXPECT_EQ(HowToRestore(Record("torch", "avx2"), now), "set WSEL_GEMM=torch");
  EXPECT_EQ(HowToRestore(Record("torch", "baseline"), now),
            "set WSEL_GEMM=torch WSEL_ISA=baseline");
  EXPECT_EQ(HowToRestore(Record("onednn 3.1.0", "avx2"), now), "");
  EXPECT_EQ(HowToRestore(Record("torch", "avx1024"), now), "");
}

KernelRecord Bf16Record(const std::string& products) {
  KernelRecord record = Record("torch", "avx2");
  record["wsel.bf16"] = products;
  return record;
}

TEST(KernelRecord, OfATrainingInBf16NamesItsProducts) {
  EXPECT_EQ(RecordIn(Bf16Record("amx")), Bf16Record("amx"));
  EXPECT_EQ(Describe(Bf16Record("amx")),
            "GEMM backend torch, instruction set avx2, bf16 products amx");
  EXPECT_EQ(HowToRestore(Bf16Record("widened"), Bf16Record("off")),
            "set WSEL_BF16=widened");
  EXPECT_EQ(HowToRestore(Bf16Record("amx2"), Bf16Record("off")), "");
  EXPECT_EQ(CurrentBf16Kernels().count("wsel.bf16"), 1U);
  EXPECT_EQ(CurrentKernels().count("wsel.bf16"), 0U);
}

}  // namespace
}  // namespace wsel::kernels
