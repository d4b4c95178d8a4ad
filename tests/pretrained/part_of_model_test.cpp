#include "pretrained/part_of_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretrained/zero_checkpoint.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/pretrained/facts.h"

namespace wsel::pretrained {
namespace {

using testing::HasSubstr;

std::string PartOf(const std::string& file, const std::string& tensor) {
  const TempFolder folder;
  WriteZeros(folder / file, {{tensor, {1}, DType::kF32}});
  return PartOfModel(*checkpoint::Open(folder / file));
}

TEST(PartOfModel, IsNamed) {
  EXPECT_EQ(PartOf("model.safetensors", "head.weight"), "");
  EXPECT_THAT(PartOf("model-00001-of-00002.safetensors", "head.weight"),
              testing::AllOf(HasSubstr("shard 1 of 2"),
                             HasSubstr("model.safetensors.index.json")));
  EXPECT_EQ(PartOf("model-00001-of-00001.safetensors", "head.weight"), "");
  EXPECT_THAT(
      PartOf("model.safetensors", "blocks.0._fsdp_wrapped_module._flat_param"),
      testing::AllOf(HasSubstr("FSDP"), HasSubstr("FULL_STATE_DICT")));
}

TEST(PartOfModel, NamesAFrozenModule) {
  const auto file =
      checkpoint::Open(WSEL_SOURCE_DIR "/tests/golden/checkpoint/frozen.pt");
  EXPECT_THAT(PartOfModel(*file),
              testing::AllOf(HasSubstr("torch.jit.freeze"),
                             HasSubstr("as a teacher in distillation")));
}

// No model that the user gives can make it whole.
TEST(PartOfModel, IsToldAlsoIfTheModelIsGiven) {
  const TempFolder folder;
  ZeroCheckpoint(folder, SmallVit());
  const auto whole = checkpoint::Open(folder / "a.safetensors");
  std::vector<TensorSpec> specs = whole->Specs();
  std::erase_if(specs, [](const TensorSpec& spec) {
    return spec.name.starts_with("blocks.");
  });
  const std::string shard =
      (folder / "model-00002-of-00002.safetensors").string();
  checkpoint::Write(shard, specs,
                    [&](size_t i) { return whole->View(specs[i].name).bytes; },
                    {});
  const auto opened = Open(shard);
  ExpectError([&] { FactsOf(opened); }, ErrorKind::kMismatch, {"shard 2 of 2"});
  ExpectError([&] { FactsOf(opened, {.model = SmallVit()}); },
              ErrorKind::kMismatch, {"shard 2 of 2", "index.json"});
}

// A stale index may list what no file has; it matters if the model needs it.
TEST(MissingFromShards, IsAnErrorOnlyIfItIsNeeded) {
  const TempFolder folder;
  ZeroCheckpoint(folder, SmallVit());
  const auto open = [&](const std::string& listed) {
    const std::string index = (folder / "a.index.json").string();
    WriteTextFile(index, R"({"weight_map":{"norm.weight":"a.safetensors",")" +
                             listed + R"(":"a.safetensors"}})");
    return Open(index);
  };
  EXPECT_NO_THROW(RequireModel(open("optimizer.step")));
  ExpectError([&] { RequireModel(open("blocks.0.attn.q_norm.weight")); },
              ErrorKind::kMismatch,
              {"blocks.0.attn.q_norm.weight", "is in no file"});
}

}  // namespace
}  // namespace wsel::pretrained
