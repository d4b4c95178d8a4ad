#include "wsel/pretrained/published.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "pretrained/zero_checkpoint.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/model/variants.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/model_groups.h"

namespace wsel::pretrained {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A safetensors file of a model's zeros, which the disk need not hold.
std::string WriteShapes(
    const fs::path& path, const model::Config& config,
    const std::function<bool(const std::string&)>& leaves_out = {}) {
  nlohmann::ordered_json header;
  int64_t size = 0;
  for (const auto& parameter : ParameterSpecs(config)) {
    if (leaves_out && leaves_out(parameter.spec.name)) continue;
    const int64_t end = size + 2 * *Numel(parameter.spec.shape);
    header[parameter.spec.name] = {{"dtype", "F16"},
                                   {"shape", parameter.spec.shape},
                                   {"data_offsets", {size, end}}};
    size = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  const auto length = static_cast<uint64_t>(text.size());
  for (int i = 0; i < 8; ++i) {
    file.put(static_cast<char>((length >> (8 * i)) & 0xff));
  }
  file << text;
  file.close();
  fs::resize_file(path, 8 + text.size() + static_cast<uint64_t>(size));
  return path.string();
}

model::Config Named(const std::string& name) { return ConfigNamed(name); }

// timm's own test model: 64 channels and 2 heads, where one head would be
// assumed.
constexpr const char* kTest = "test_vit.r160_in1k";
model::Config TestVit() {
  model::Config config = Named("test_vit");
  SetNumClasses(config, 1000);
  return config;
}

TEST(Published, ModelsHaveTagsAndEqualTheVariantsOfTheirName) {
  std::set<std::string_view> names;
  size_t tags = 0;
  for (const PublishedModel& model : PublishedModels()) {
    EXPECT_TRUE(names.insert(model.name).second) << model.name;
    EXPECT_FALSE(TagsOf(model).empty()) << model.name;
    tags += TagsOf(model).size();
    const auto config = model.Config();
    EXPECT_TRUE(config || !model.forms.empty()) << model.name;
    if (!config) continue;
    EXPECT_EQ(NameOf(*config), model.name);
    EXPECT_EQ(NumFeatures(*config), model.width) << model.name;
    EXPECT_EQ(NumHeads(*config), model.num_heads) << model.name;
  }
  EXPECT_EQ(tags, PublishedTags().size());
  EXPECT_EQ(tags, 517U);
  for (const model::Variant& variant : model::Variants()) {
    const auto published = FindPublished(NameOf(variant.config));
    if (!published) continue;
    const auto config = published->model->Config();
    ASSERT_TRUE(config) << published->model->name;
    EXPECT_TRUE(SameArchitecture(*config, variant.config))
        << published->model->name;
  }
}

TEST(Published, AreFoundByNameAndPath) {
  EXPECT_EQ(FindPublished(kTest)->Name(), kTest);
  EXPECT_EQ(FindPublished("timm/test_vit.r160_in1k")->Name(), kTest);
  EXPECT_EQ(FindPublished("test_vit.mine")->Name(), "test_vit");
  EXPECT_FALSE(FindPublished("test_vit_"));
  for (const char* path :
       {"a/test_vit.r160_in1k.safetensors", "test_vit.r160_in1k.bin",
        "timm/test_vit.r160_in1k/model.safetensors",
        "models--timm--test_vit.r160_in1k/snapshots/0/model.safetensors"}) {
    const auto found = PublishedAt(path);
    ASSERT_TRUE(found) << path;
    EXPECT_EQ(found->Name(), kTest) << path;
  }
  EXPECT_FALSE(PublishedAt("model.safetensors"));
  EXPECT_FALSE(PublishedAt(""));
}

TEST(Published, FactsCountForAFileOfThatName) {
  const TempFolder folder;
  for (const char* name : {"test_vit.r160_in1k.safetensors",
                           "test_vit.r160_in1k/model.safetensors"}) {
    const auto checkpoint = Open(WriteShapes(folder / name, TestVit()));
    const Facts facts = FactsOf(checkpoint);
    EXPECT_EQ(NumHeads(facts.model), 2);
    EXPECT_EQ(NameOf(facts.model), "test_vit");
    EXPECT_EQ(facts.model_source, FactSource::kName);
    EXPECT_EQ(facts.model_detail, "timm's test_vit.r160_in1k");
    EXPECT_THAT(facts.mean_std.mean.value, ElementsAre(0.5, 0.5, 0.5));
    EXPECT_EQ(facts.mean_std.mean.source, FactSource::kName);
    EXPECT_EQ(facts.crop_pct.value, 0.95);
    EXPECT_THAT(checkpoint.model->assumptions, IsEmpty());
    EXPECT_THAT(facts.remarks, IsEmpty());
  }
}

TEST(Published, FactsCountForTheArchitectureInConfigJson) {
  const TempFolder folder;
  const std::string path = WriteShapes(folder / "model.safetensors", TestVit());
  EXPECT_EQ(FactsOf(Open(path)).model_source, FactSource::kLibrary);
  WriteTextFile(folder / "config.json", R"({"architecture": "test_vit",
      "pretrained_cfg": {"tag": "r160_in1k", "crop_pct": 0.9}})");
  const Facts facts = FactsOf(Open(path));
  EXPECT_EQ(facts.model_source, FactSource::kBeside);
  EXPECT_EQ(NumHeads(facts.model), 2);
  EXPECT_EQ(facts.crop_pct.value, 0.9);
  EXPECT_EQ(facts.crop_pct.detail, "config.json");
  EXPECT_EQ(facts.mean_std.mean.detail, "timm's test_vit.r160_in1k");
  // Not if it has been built with other arguments.
  WriteTextFile(folder / "config.json", R"({"architecture": "test_vit",
      "model_args": {"norm_layer": "rmsnorm"}})");
  EXPECT_FALSE(Open(path).published);
}

TEST(Published, ANameOfAnotherModelIsARemark) {
  const TempFolder folder;
  const auto checkpoint =
      Open(WriteShapes(folder / "vit_tiny_patch16_224.pth", SmallVit()));
  EXPECT_FALSE(checkpoint.published);
  EXPECT_THAT(checkpoint.beside.remarks,
              ElementsAre(HasSubstr("the name is not used")));
}

// All but Sapiens 2's.
TEST(Published, ConfigsExpressTheForms) {
  for (const PublishedModel& model : PublishedModels()) {
    const bool missing =
        model.hidden.find("a bias of the keys") != std::string_view::npos;
    EXPECT_EQ(model.Config().has_value(), !missing) << model.name;
  }
}

struct Expected {
  std::string name;
  int64_t heads;
  double eps;
  std::string extra;  // of ForwardExtras
};

// A file of the tensors is what its name says, although the tensors alone are
// those of other models or do not tell.
TEST(Published, NamesTellTheForm) {
  const TempFolder folder;
  for (const Expected& expected : {
           Expected{"vit_base_patch16_siglip_224.v2_webli", 12, 1e-6,
                    "attention pooling"},
           Expected{"vit_small_patch16_dinov3.lvd1689m", 6, 1e-5,
                    "rotary positions"},
           Expected{"vit_small_patch16_rope_ape_224.naver_in1k", 6, 1e-6,
                    "rotary positions"},
           Expected{"eva02_tiny_patch14_336.mim_in22k_ft_in1k", 3, 1e-6,
                    "SwiGLU"},
           Expected{"aimv2_large_patch14_224.apple_pt", 8, 1e-5, "RMSNorm"},
           Expected{"vit_pe_core_tiny_patch16_384.fb", 3, 1e-5,
                    "rotary positions"},
           Expected{"vit_giant_patch14_dinov2.lvd142m", 24, 1e-6, "SwiGLU"},
           Expected{"vit_small_patch16_lingbot.robbyant", 6, 1e-5,
                    "rotary positions"},
           Expected{"vit_base_patch16_rpn_224.sw_in1k", 12, 1e-6,
                    "post-norm blocks"},
       }) {
    SCOPED_TRACE(expected.name);
    const model::Config config = *FindPublished(expected.name)->model->Config();
    const auto checkpoint =
        Open(WriteShapes(folder / (expected.name + ".safetensors"), config));
    const Facts facts = FactsOf(checkpoint);
    EXPECT_TRUE(SameArchitecture(facts.model, config));
    EXPECT_EQ(NameOf(facts.model), NameOf(config));
    EXPECT_EQ(ImageSize(facts.model), ImageSize(config));
    EXPECT_EQ(NumHeads(facts.model), expected.heads);
    EXPECT_EQ(std::get<model::VitConfig>(facts.model).norm_eps, expected.eps);
    EXPECT_THAT(ForwardExtras(facts.model), Contains(expected.extra));
    EXPECT_EQ(facts.model_source, FactSource::kName);
    EXPECT_THAT(checkpoint.model->assumptions, IsEmpty());
  }
}

// All shapes are DeiT III's without a name.
TEST(Published, AFormThatNoTensorShowsNeedsTheName) {
  const TempFolder folder;
  const auto config = Named("vit_small_patch16_rope_ape_224");
  const auto checkpoint =
      Open(WriteShapes(folder / "model.safetensors", config));
  EXPECT_THAT(ForwardExtras(FactsOf(checkpoint).model),
              testing::Not(Contains("rotary positions")));
  EXPECT_THAT(ForwardExtras(FactsOf(checkpoint, {.model = config}).model),
              Contains("rotary positions"));
}

// timm's config.json states the pooling of every model.
TEST(Published, AStatedPoolingThatIsThePublishedOneKeepsTheForm) {
  const TempFolder folder;
  const auto config = Named("vit_small_patch16_rope_ape_224");
  const std::string path = WriteShapes(folder / "model.safetensors", config);
  WriteTextFile(folder / "config.json",
                R"({"architecture": "vit_small_patch16_rope_ape_224",
                    "global_pool": "token",
                    "pretrained_cfg": {"tag": "naver_in1k"}})");
  const auto checkpoint = Open(path);
  EXPECT_THAT(ForwardExtras(FactsOf(checkpoint).model),
              Contains("rotary positions"));
  EXPECT_THAT(checkpoint.model->assumptions, IsEmpty());
}

// The tensors without it are those of a plain model with two missing.
TEST(Published, AMissingTensorIsTheForm) {
  const TempFolder folder;
  const auto config = Named("vit_large_patch16_radio_v3");
  const auto checkpoint = Open(WriteShapes(
      folder / "vit_large_patch16_radio_v3.c_radio.safetensors", config));
  EXPECT_TRUE(SameArchitecture(FactsOf(checkpoint).model, config));
}

TEST(Published, AFormThatNoConfigHasIsAnError) {
  const TempFolder folder;
  auto config = std::get<model::VitConfig>(Named("vit_tiny"));
  config.embed_dim = 768;
  config.num_heads = 12;
  const auto checkpoint = Open(
      WriteShapes(folder / "vit_base_patch16_sapiens2.fb.safetensors", config));
  ExpectError([&] { FactsOf(checkpoint); }, ErrorKind::kMismatch,
              {"vit_base_patch16_sapiens2", "layer scale of only attention"});
}

// Of the size of timm's it is taken for that one, and says so.
TEST(Published, ALookAlikeWithoutANameIsNotCertain) {
  const TempFolder folder;
  const auto rpn = Named("vit_base_patch16_rpn_224");
  const auto assumed = Open(WriteShapes(folder / "rpn.safetensors", rpn));
  EXPECT_TRUE(SameArchitecture(FactsOf(assumed).model, rpn));
  EXPECT_THAT(assumed.model->assumptions,
              Contains("post-norm blocks, as in vit_base_patch16_rpn_224"));
  model::VitConfig config = SmallVit();
  config.class_token = false;
  config.pooling = model::Pooling::kAverage;
  config.qkv_bias = false;
  const std::string path = WriteShapes(folder / "a.safetensors", config);
  ExpectError([&] { FactsOf(Open(path)); }, ErrorKind::kMismatch,
              {"vit_base_patch16_rpn_224", "post-norm", "`model`"});
  EXPECT_EQ(NameOf(FactsOf(Open(path), {.model = config}).model), "small");
}

TEST(Published, AGivenTagGivesItsImages) {
  const TempFolder folder;
  const auto checkpoint =
      Open(WriteShapes(folder / "a.safetensors", TestVit()));
  const Facts facts =
      FactsOf(checkpoint, {.model = Named(kTest), .crop_pct = 0.8});
  EXPECT_EQ(NumHeads(facts.model), 2);
  EXPECT_THAT(facts.mean_std.std.value, ElementsAre(0.5, 0.5, 0.5));
  EXPECT_EQ(facts.mean_std.std.source, FactSource::kGiven);
  EXPECT_EQ(facts.crop_pct.value, 0.8);
  EXPECT_EQ(WithoutTag(NameOf(facts.model)), "test_vit");
}

TEST(Published, UnknownNamesAndTagsAreErrors) {
  ExpectError([] { Named("vit_huge_patch14_225"); }, ErrorKind::kUsage,
              {"vit_huge_patch14_224"});
  ExpectError([] { Named("test_vit.r160_in2k"); }, ErrorKind::kUsage,
              {"tag of test_vit", "r160_in1k"});
}

TEST(Published, NamesHaveGroups) {
  EXPECT_EQ(GroupOf("deit3_small_patch16_224"), "DeiT III");
  EXPECT_EQ(GroupOf("vit_small_patch14_reg4_dinov2"), "DINOv2");
  EXPECT_EQ(GroupOf("convnextv2_atto"), "ConvNeXt V2");
  EXPECT_EQ(GroupOf("vit_tiny_patch16_224"), "ViT");
  EXPECT_TRUE(MatchesSearch("vit_small_patch14_dinov2", "DINO small"));
  EXPECT_FALSE(MatchesSearch("vit_small_patch14_dinov2", "dino base"));
  EXPECT_TRUE(MatchesSearch("vit_tiny_patch16_224", ""));
}

}  // namespace
}  // namespace wsel::pretrained
