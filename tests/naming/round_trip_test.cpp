// Tensors exported under another library's names, in either container and in
// any dtype that holds their values, are read back bit-identically.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "naming/golden.h"
#include "temp_folder.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/naming/export.h"
#include "wsel/naming/remap_state_dict.h"
#include "wsel/tensor/cast.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::naming {
namespace {

// The tensors of another source, converted to one dtype.
class Converted : public TensorSource {
 public:
  Converted(const TensorSource& source, DType dtype)
      : source_(source), dtype_(dtype), specs_(source.Specs()) {
    for (TensorSpec& spec : specs_) spec.dtype = dtype;
  }
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    return Contiguous(Cast(source_.View(name), dtype_));
  }

 private:
  const TensorSource& source_;
  DType dtype_;
  std::vector<TensorSpec> specs_;
};

void Write(const std::filesystem::path& path, const TensorSource& source) {
  TensorView current;
  checkpoint::Write(path, source.Specs(),
                    [&](size_t i) {
                      current = Contiguous(source.View(source.Specs()[i].name));
                      return current.bytes;
                    },
                    {});
}

void ExpectSame(const TensorSource& a, const TensorSource& b) {
  EXPECT_EQ(a.Specs().size(), b.Specs().size());
  for (const TensorSpec& spec : a.Specs()) {
    ASSERT_NE(b.Find(spec.name), nullptr) << spec.name;
    const TensorView x = Contiguous(a.View(spec.name));
    const TensorView y = Contiguous(b.View(spec.name));
    EXPECT_EQ(x.spec, y.spec);
    EXPECT_TRUE(std::ranges::equal(x.bytes, y.bytes)) << spec.name;
  }
}

struct Types {
  DType held;
  DType written;
};
constexpr Types kTypes[] = {
    {DType::kF32, DType::kF32},   {DType::kF32, DType::kF64},
    {DType::kF64, DType::kF64},   {DType::kF16, DType::kF16},
    {DType::kF16, DType::kF32},   {DType::kF16, DType::kF64},
    {DType::kBF16, DType::kBF16}, {DType::kBF16, DType::kF32},
};

TEST(RoundTrip, KeepsEveryBit) {
  using enum Naming;
  const std::vector<std::pair<std::string, std::vector<Naming>>> kTrips = {
      {"timm_vit.safetensors", {kTimm, kHuggingFace, kTorchvision}},
      {"deit_distilled.pth", {kTimm, kHuggingFace}},
      {"hf_vit_base.safetensors", {kTimm, kHuggingFace, kTorchvision}},
      {"dinov2.pth", {kTimm, kHuggingFace}},
      {"dinov2_registers.pth", {kTimm}},
      {"openai_clip.pt", {kTimm, kHuggingFace}},
      {"augreg.npz", {kTimm, kHuggingFace, kTorchvision}},
      {"timm_convnext.safetensors", {kTimm}},
      {"meta_convnext.pth", {kTimm, kHuggingFace, kTorchvision, kMeta}},
      {"timm_convnextv2.safetensors", {kTimm}},
      {"meta_convnextv2.pth", {kTimm, kHuggingFace, kMeta}},
  };
  const TempFolder folder;
  for (const auto& [golden, namings] : kTrips) {
    const auto file = checkpoint::Open(GoldenFolder() / golden);
    const RemappedStateDict remapped = RemapStateDict(*file);
    for (const auto& [held, written] : kTypes) {
      const Converted there(*remapped.tensors, held);
      for (const Naming naming : namings) {
        for (const char* container : {"out.safetensors", "out.pth"}) {
          SCOPED_TRACE(fmt::format("{} {} {} as {} in {}", golden,
                                   Namings().NameOf(naming), Name(held),
                                   Name(written), container));
          const auto renamed = Export(there, naming);
          Write(folder / container, Converted(*renamed, written));
          const auto out = checkpoint::Open(folder / container);
          const RemappedStateDict back = RemapStateDict(*out);
          EXPECT_TRUE(back.unexpected.empty());
          EXPECT_TRUE(back.ignored.empty());
          ExpectSame(there, Converted(*back.tensors, held));
        }
      }
    }
  }
}

// Exporting under the original library's names restores all used tensors.
TEST(RoundTrip, RestoresALibrarysOwnFile) {
  using enum Naming;
  for (const auto& [golden, naming] :
       std::vector<std::pair<std::string, Naming>>{
           {"timm_vit.safetensors", kTimm},
           {"timm_convnext.safetensors", kTimm},
           {"hf_vit.safetensors", kHuggingFace},
           {"hf_vit_base.safetensors", kHuggingFace},
           {"hf_deit.safetensors", kHuggingFace},
           {"hf_dinov2.safetensors", kHuggingFace},
           {"hf_clip.safetensors", kHuggingFace},
           {"hf_convnext.safetensors", kHuggingFace},
           {"hf_convnextv2.safetensors", kHuggingFace},
           {"meta_convnextv2.pth", kMeta},
           {"torchvision_vit.pth", kTorchvision},
           {"torchvision_convnext.pth", kTorchvision}}) {
    SCOPED_TRACE(golden);
    const auto file = checkpoint::Open(GoldenFolder() / golden);
    const RemappedStateDict remapped = RemapStateDict(*file);
    const auto out = Export(*remapped.tensors, naming);
    EXPECT_EQ(out->Specs().size(), remapped.used.size());
    for (const UsedKey& used : remapped.used) {
      // Meta's files hold the weights under "model".
      const std::string name = used.name.substr(remapped.prefix.size());
      ASSERT_NE(out->Find(name), nullptr) << used.name;
      const TensorView x = Contiguous(file->View(used.name));
      const TensorView y = Contiguous(out->View(name));
      EXPECT_EQ(x.spec.dtype, y.spec.dtype);
      EXPECT_EQ(x.spec.shape, y.spec.shape);
      EXPECT_TRUE(std::ranges::equal(x.bytes, y.bytes)) << used.name;
    }
  }
}

// DINOv2's table has names for all tensors of a plain ViT without a head, but
// such a ViT is not a DINOv2 model, which has layer scales.
TEST(RoundTrip, ExportsAPlainVitAsAVit) {
  const auto file =
      checkpoint::Open(GoldenFolder() / "hf_vit_base.safetensors");
  const RemappedStateDict remapped = RemapStateDict(*file);
  const auto out = Export(*remapped.tensors, Naming::kHuggingFace);
  EXPECT_NE(out->Find("encoder.layer.0.layernorm_before.weight"), nullptr);
  EXPECT_EQ(out->Find("encoder.layer.0.norm1.weight"), nullptr);
}

}  // namespace
}  // namespace wsel::naming
