// Files written by torch and safetensors (scripts/golden/checkpoints.py).

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "checkpoint/files.h"

namespace wsel::checkpoint {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::Pair;

std::string OpenErrorOfGolden(const std::string& name) {
  return OpenError(ReadAll(Golden(name)));
}

// 0, 1, ... 5 in float8, float16 and bfloat16.
const std::vector<uint8_t> kF8E4M3 = {0, 0x38, 0x40, 0x44, 0x48, 0x4A};
const std::vector<uint8_t> kF8E5M2 = {0, 0x3C, 0x40, 0x42, 0x44, 0x45};
const std::vector<uint16_t> kF16 = {0, 0x3C00, 0x4000, 0x4200, 0x4400, 0x4500};
const std::vector<uint16_t> kBF16 = {0, 0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0};

void ExpectEveryDType(const Checkpoint& file) {
  EXPECT_EQ(file.Specs().size(), 15U);
  for (const TensorSpec& spec : file.Specs()) {
    EXPECT_EQ(spec.name, Name(spec.dtype));
    EXPECT_EQ(spec.shape, (Shape{2, 3}));
  }
  EXPECT_EQ(Elements<uint8_t>(file.View("bool")),
            (std::vector<uint8_t>{0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(Elements<uint8_t>(file.View("uint8")), Ramp<uint8_t>(6));
  EXPECT_EQ(Elements<int8_t>(file.View("int8")), Ramp<int8_t>(6));
  EXPECT_EQ(Elements<int16_t>(file.View("int16")), Ramp<int16_t>(6));
  EXPECT_EQ(Elements<uint16_t>(file.View("uint16")), Ramp<uint16_t>(6));
  EXPECT_EQ(Elements<int32_t>(file.View("int32")), Ramp<int32_t>(6));
  EXPECT_EQ(Elements<uint32_t>(file.View("uint32")), Ramp<uint32_t>(6));
  EXPECT_EQ(Elements<int64_t>(file.View("int64")), Ramp<int64_t>(6));
  EXPECT_EQ(Elements<uint64_t>(file.View("uint64")), Ramp<uint64_t>(6));
  EXPECT_EQ(Elements<uint8_t>(file.View("float8_e4m3fn")), kF8E4M3);
  EXPECT_EQ(Elements<uint8_t>(file.View("float8_e5m2")), kF8E5M2);
  EXPECT_EQ(Elements<uint16_t>(file.View("float16")), kF16);
  EXPECT_EQ(Elements<uint16_t>(file.View("bfloat16")), kBF16);
  EXPECT_EQ(Elements<float>(file.View("float32")), Ramp<float>(6));
  EXPECT_EQ(Elements<double>(file.View("float64")), Ramp<double>(6));
}

TEST(CheckpointGolden, EveryDTypeOfTorch) {
  const auto file = Open(Golden("dtypes.pth"));
  EXPECT_EQ(file->container(), Container::kTorchZip);
  ExpectEveryDType(*file);
}

TEST(CheckpointGolden, EveryDTypeOfLegacyTorch) {
  ExpectEveryDType(*Open(Golden("legacy.pth")));
}

TEST(CheckpointGolden, EveryDTypeOfSafetensors) {
  const auto file = Open(Golden("dtypes.safetensors"));
  EXPECT_EQ(file->container(), Container::kSafetensors);
  EXPECT_THAT(file->metadata(), ElementsAre(Pair("format", "pt")));
  ExpectEveryDType(*file);
}

TEST(CheckpointGolden, ReadsATrainingCheckpoint) {
  const auto file = Open(Golden("training.pth"));
  EXPECT_EQ(Elements<float>(file->View("model.proj.weight")), Ramp<float>(6));
  EXPECT_EQ(Elements<uint16_t>(file->View("model.scale")),
            std::vector<uint16_t>{0x3800});
  EXPECT_EQ(Elements<float>(file->View("ema.0")), Ramp<float>(2));
  EXPECT_EQ(Elements<float>(file->View("optimizer.state.3.step")),
            std::vector<float>{1});
  EXPECT_THAT(file->metadata(),
              AllOf(Contains(Pair("epoch", "300")),
                    Contains(Pair("big", "1099511627776")),
                    Contains(Pair("args.model", "vit_tiny")),
                    Contains(Pair("args.lr", "0.001")),
                    Contains(Pair("args.distributed", "false")),
                    Contains(Pair("args.layers.1", "2")),
                    Contains(Pair("ema.1.decay", "0.999")),
                    Not(Contains(Key("args.output"))),  // None
                    Not(Contains(Key("huge")))));       // 2^100
}

TEST(CheckpointGolden, ReadsViews) {
  const auto file = Open(Golden("views.pth"));
  const auto at = [&](const char* name) {
    return Elements<float>(file->View(name));
  };
  EXPECT_FALSE(file->View("transposed").IsContiguous());
  EXPECT_EQ(file->View("transposed").strides, (std::vector<int64_t>{1, 6}));
  EXPECT_THAT(at("row"), ElementsAre(12, 13, 14, 15, 16, 17));
  EXPECT_THAT(at("column"), ElementsAre(1, 7, 13, 19));
  EXPECT_THAT(at("corner"), ElementsAre(8, 9, 10, 14, 15, 16));
  EXPECT_THAT(at("expanded"),
              ElementsAre(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2));
  EXPECT_THAT(at("scalar"), ElementsAre(5));
  EXPECT_THAT(at("empty"), ElementsAre());
  EXPECT_EQ(at("tied"), Ramp<float>(24));
  EXPECT_EQ(at("transposed")[1], 6);
  EXPECT_EQ(file->View("tied").bytes.data(),
            file->View("transposed").bytes.data());
  file->Release("tied");
  EXPECT_EQ(at("tied"), Ramp<float>(24));
}

TEST(CheckpointGolden, ModulesHaveTheNamesOfTheirStateDict) {
  for (const char* name : {"module.pth", "script.pt", "protocol4.pth"}) {
    const auto file = Open(Golden(name));
    EXPECT_THAT(NamesOf(*file), ElementsAre("scale", "proj.weight", "proj.bias",
                                            "blocks.0.weight", "blocks.0.bias"))
        << name;
    EXPECT_EQ(Elements<float>(file->View("proj.weight")), Ramp<float>(6));
  }
  const auto script = Open(Golden("script.pt"));
  EXPECT_EQ(script->container(), Container::kTorchScript);
  EXPECT_THAT(script->metadata(), Contains(Pair("grid", "7")));
}

// torch.jit.freeze leaves no other names.
TEST(CheckpointGolden, AFrozenModulesWeightsAreNumbered) {
  const auto file = Open(Golden("frozen.pt"));
  EXPECT_EQ(file->container(), Container::kTorchScript);
  EXPECT_THAT(NamesOf(*file),
              ElementsAre("constants.0", "constants.1", "constants.2"));
  EXPECT_EQ(file->Specs()[0].shape, (Shape{2, 3}));
}

TEST(CheckpointGolden, ABareTensorIsCalledTensor) {
  EXPECT_THAT(NamesOf(*Open(Golden("alone.pth"))), ElementsAre("tensor"));
}

TEST(CheckpointGolden, UnsupportedTensorsDoNotAffectTheRest) {
  const auto file = Open(Golden("set_aside.pth"));
  EXPECT_THAT(NamesOf(*file), ElementsAre("weight"));
  std::string unsupported;
  for (const auto& [name, reason] : file->unsupported()) {
    unsupported += name + " " + reason + "\n";
  }
  for (const char* part :
       {"complex has the unsupported element type 'torch.ComplexFloatStorage'",
        "negated is lazily negated", "sparse is sparse",
        "quantised is quantised", "meta is without data",
        "array is a NumPy array"}) {
    EXPECT_THAT(unsupported, HasSubstr(part));
  }
  EXPECT_EQ(file->unsupported().size(), 6U);
  try {
    file->View("sparse");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_THAT(error.what(), HasSubstr("tensor 'sparse': is sparse"));
  }
}

TEST(CheckpointGolden, NamesTheReason) {
  EXPECT_THAT(OpenErrorOfGolden("sparse.pth"), HasSubstr("sparse"));
  EXPECT_THAT(OpenErrorOfGolden("collision.pth"),
              HasSubstr("tensor 'a.b': two tensors"));
}

TEST(CheckpointGolden, RejectsEveryTruncation) {
  for (const char* name : {"dtypes.safetensors", "dtypes.pth", "views.pth",
                           "arrays.npz", "legacy_training.pth"}) {
    const std::string whole = ReadAll(Golden(name));
    for (size_t size = 0; size < whole.size(); ++size) {
      ASSERT_NE(OpenError(whole.substr(0, size)), "") << name << " " << size;
    }
  }
}

// With any byte flipped, Open() throws a format error or all tensors can still
// be read completely.
TEST(CheckpointGolden, FlippedBytesDoNoHarm) {
  const TempFolder folder;
  for (const char* name :
       {"dtypes.safetensors", "training.pth", "views.pth", "script.pt",
        "arrays.npz", "legacy.pth", "legacy_training.pth"}) {
    const std::string whole = ReadAll(Golden(name));
    for (size_t i = 0; i < whole.size(); ++i) {
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ (i % 2 == 0 ? 0xFF : 0x01));
      const MemoryFile memory(flipped);
      try {
        const auto file = Open(memory.path());
        for (const TensorSpec& spec : file->Specs()) {
          const TensorView view = file->View(spec.name);
          if (*Numel(spec.shape) < 10'000) Elements<uint8_t>(view);
        }
      } catch (const Error& error) {
        ASSERT_EQ(error.kind(), ErrorKind::kFormat) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace wsel::checkpoint
