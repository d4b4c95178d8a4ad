#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/run_wsel.h"

namespace wsel {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class InspectCommand : public testing::Test {
 protected:
  InspectCommand() {
    EXPECT_EQ(Run({"init", "--student", "convnext_atto", "--embed-dim",
                   "8,16,24,32", "--depth", "1,1,2,1", "--num-classes", "7",
                   "--output", "model.pth"})
                  .exit_code,
              0);
  }
  Outcome Run(const std::vector<std::string>& args) const {
    return RunWsel(folder_, args);
  }
  TempFolder folder_;
};

TEST_F(InspectCommand, PrintsContainerModelAndProvenance) {
  const Outcome outcome = Run({"inspect", "model.pth"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("container  torch zip"));
  EXPECT_THAT(outcome.out, HasSubstr("widths 8/16/24/32, depths 1/1/2/1"));
  EXPECT_THAT(outcome.out, HasSubstr("7 classes"));
  EXPECT_THAT(outcome.out, HasSubstr("wsel.command: wsel init"));
  EXPECT_THAT(outcome.out, HasSubstr("stages.2.blocks.1.gamma"));
}

TEST_F(InspectCommand, PrintsJsonWithStatistics) {
  const json file =
      json::parse(Run({"inspect", "model.pth", "--json", "--stats"}).out);
  EXPECT_EQ(file["container"], "torch zip");
  EXPECT_EQ(file["model"]["family"], "convnext");
  EXPECT_EQ(file["model"]["num_classes"], 7);
  for (const json& tensor : file["tensors"]) {
    if (tensor["name"] != "stages.0.blocks.0.gamma") continue;
    EXPECT_EQ(tensor["dtype"], "float32");
    EXPECT_EQ(tensor["shape"], json({8}));
    EXPECT_NEAR(tensor["stats"]["mean"].get<double>(), 1e-6, 1e-12);
    EXPECT_EQ(tensor["stats"]["std"].get<double>(), 0);
    EXPECT_EQ(tensor["stats"]["nan_count"], 0);
    return;
  }
  FAIL() << "no gamma";
}

TEST_F(InspectCommand, CountsNaN) {
  const float values[] = {1, std::numeric_limits<float>::quiet_NaN(), 3};
  const std::string header =
      R"({"x":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})";
  const uint64_t length = header.size();
  std::ofstream file(folder_ / "nan.safetensors", std::ios::binary);
  file.write(reinterpret_cast<const char*>(&length), 8);
  file << header;
  file.write(reinterpret_cast<const char*>(values), sizeof(values));
  file.close();
  const json stats =
      json::parse(Run({"inspect", "nan.safetensors", "--json", "--stats"})
                      .out)["tensors"][0]["stats"];
  EXPECT_EQ(stats["nan_count"], 1);
  EXPECT_EQ(stats["min"], 1);
  EXPECT_EQ(stats["mean"], 2);
}

TEST_F(InspectCommand, ListsTheTensorsOfAnUnsupportedModel) {
  const std::string header =
      R"({"stages.0.blocks.0.conv_dw.weight":{"dtype":"F32",)"
      R"("shape":[1,1,7,7],"data_offsets":[0,196]},"stages.0.blocks.0.shortcut.)"
      R"(weight":{"dtype":"F32","shape":[1],"data_offsets":[196,200]}})";
  const uint64_t length = header.size();
  std::ofstream file(folder_ / "shortcut.safetensors", std::ios::binary);
  file.write(reinterpret_cast<const char*>(&length), 8);
  file << header << std::string(200, '\0');
  file.close();
  const Outcome unsupported = Run({"inspect", "shortcut.safetensors"});
  EXPECT_EQ(unsupported.exit_code, 0) << unsupported.err;
  EXPECT_THAT(unsupported.out, HasSubstr("blocks with their own shortcut"));
  EXPECT_THAT(unsupported.out, HasSubstr("[1, 1, 7, 7]"));
  EXPECT_THAT(Run({"inspect", "model.pth"}).out,
              testing::Not(HasSubstr("missing")));
}

TEST_F(InspectCommand, FailsIfStdoutIsFull) {
  const std::string line = std::string("'") + WSEL_BINARY +
                           "' models >/dev/full 2>'" +
                           (folder_ / "err").string() + "'";
  const int status = std::system(line.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 4);
}

TEST_F(InspectCommand, FailsWithoutAFile) {
  EXPECT_EQ(Run({"inspect"}).exit_code, 2);
  const Outcome missing = Run({"inspect", "none"});
  EXPECT_EQ(missing.exit_code, 4);
  EXPECT_THAT(missing.err, HasSubstr("none"));
}

TEST_F(InspectCommand, ModelsListsEveryVariant) {
  const Outcome table = Run({"models"});
  EXPECT_THAT(table.out, HasSubstr("vit_tiny_patch16_224"));
  EXPECT_THAT(table.out, HasSubstr("ConvNeXt-F"));
  for (const json& model : json::parse(Run({"models", "--json"}).out)) {
    if (model["name"] == "vit_tiny_patch16_224") {
      EXPECT_EQ(model["parameters"], 5717416);
      EXPECT_EQ(model["group"], "ViT");
    }
  }
}

TEST_F(InspectCommand, ModelsAreGroupedAndSearched) {
  EXPECT_THAT(Run({"models"}).out, HasSubstr("\n\nDeiT III\n  deit3_small"));
  const Outcome found = Run({"models", "--search", "dinov2 small"});
  EXPECT_THAT(found.out, HasSubstr("vit_small_patch14_dinov2"));
  EXPECT_THAT(found.out, HasSubstr("vit_small_patch14_dinov2.lvd142m"));
  EXPECT_THAT(found.out, Not(HasSubstr("vit_base")));
  EXPECT_EQ(json::parse(Run({"models", "--json", "--search", "vit-t"}).out)
                .at(0)["name"],
            "vit_tiny_patch16_224");
  EXPECT_THAT(Run({"models", "--search", "resnet"}).out,
              HasSubstr("no model's name or family has 'resnet'"));
}

TEST_F(InspectCommand, PrintsWhatRunningTheModelNeeds) {
  const Outcome outcome = Run({"inspect", "model.pth"});
  EXPECT_THAT(outcome.out, HasSubstr("facts      images of 224 px"));
  const json file = json::parse(Run({"inspect", "model.pth", "--json"}).out);
  EXPECT_EQ(file["facts"]["mean"]["source"], "assumed");
}

TEST_F(InspectCommand, HelpAndVersionSucceed) {
  const Outcome help = Run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("Exit codes: 0 done; 2 usage"));
  EXPECT_EQ(Run({"init", "--help"}).exit_code, 0);
  EXPECT_THAT(Run({"--version"}).out, HasSubstr("LibTorch"));
  EXPECT_EQ(Run({}).exit_code, 2);
}

TEST_F(InspectCommand, QuietLogsNothingAndPipesGetNoColour) {
  const Outcome quiet = Run({"-q", "init", "--student", "vit_tiny",
                             "--embed-dim", "12", "--output", "q.safetensors"});
  EXPECT_EQ(quiet.exit_code, 0);
  EXPECT_EQ(quiet.err, "");
  const Outcome verbose =
      Run({"-v", "init", "--teacher", "model.pth", "--student", "convnext_atto",
           "--embed-dim", "4,8,12,16", "--depth", "1,1,1,1", "--dry-run"});
  EXPECT_EQ(verbose.exit_code, 0) << verbose.err;
  EXPECT_THAT(verbose.err, testing::Not(HasSubstr("\x1b[")));
}

}  // namespace
}  // namespace wsel
