#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <thread>

#include "cli/run_wsel.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kSource = WSEL_SOURCE_DIR;
const std::string kData = kSource + "/tests/golden/data/folders";

// A run of half a second on four images of two classes.
std::vector<std::string> Train(const std::string& output,
                               const std::vector<std::string>& more = {}) {
  std::vector<std::string> args = {
      "train",    "--config",  "r.json",   "--data-root", kData,
      "--output", output,      "--device", "cpu",         "--threads",
      "1",        "--workers", "1"};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

// float32: auto would be the machine's choice.
void WriteRecipe(const TempFolder& folder) {
  WriteTextFile(folder / "r.json", R"({
    "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8,
              "embed_dim": 16, "depth": 2, "num_heads": 2},
    "data": {"name": "folder"},
    "train": {"epochs": 20, "warmup_epochs": 2, "batch_size": 4,
              "mixup_batch": 2, "drop_path": 0.1, "ema_decay": 0.9,
              "save_minutes": 0, "precision": "fp32"}
  })");
}

// The images of the folder are colour: they are converted.
TEST(Train, TrainsAndEvaluatesOnGreyImages) {
  const TempFolder folder;
  WriteRecipe(folder);
  const Outcome run =
      RunWsel(folder, Train("grey", {"--in-chans", "1", "--epochs", "2",
                                     "--mean", "0.5", "--std", "0.25"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("grey, mean 0.5, std 0.25\n"));
  const auto file = checkpoint::Open(folder / "grey" / "last.safetensors");
  EXPECT_EQ(file->Find("patch_embed.proj.weight")->shape, (Shape{16, 1, 8, 8}));
  const auto command = [&](const char* name, std::vector<std::string> more) {
    more.insert(more.begin(), name);
    const Outcome outcome = RunWsel(folder, more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("[0.5,")));
  };
  command("eval", {"--checkpoint", "grey/last.safetensors", "--dataset",
                   "folder", "--data-root", kData});
  command("export", {"grey/last.safetensors", "m.onnx", "--preprocess"});
  command("inspect", {"grey/last.safetensors"});

  // Weights of RGB images begin another grey training, and their mean.
  const Outcome rgb = RunWsel(folder, Train("rgb", {"--epochs", "2"}));
  ASSERT_EQ(rgb.exit_code, 0) << rgb.err;
  const Outcome tuned =
      RunWsel(folder, Train("tuned", {"--in-chans", "1", "--epochs", "2",
                                      "--init", "rgb/last.safetensors"}));
  EXPECT_EQ(tuned.exit_code, 0) << tuned.err;
  EXPECT_THAT(tuned.err, HasSubstr("adapted from 3 to 1 image channels"));
  EXPECT_THAT(tuned.err, HasSubstr("data.mean 0.449, assumed of grey images: "
                                   "the mean of 0.485,0.456,0.406"));
  EXPECT_THAT(tuned.out, HasSubstr("std 0.226 (assumed: ImageNet's averaged; "
                                   "--mean, --std)"));
  const Outcome not_numbers = RunWsel(folder, Train("bad", {"--mean", "grey"}));
  EXPECT_EQ(not_numbers.exit_code, 2);
  EXPECT_THAT(not_numbers.err, HasSubstr("--mean"));
}

// Positions that were made for squares begin it, and it ends as a graph.
TEST(Train, ImagesNeedNotBeSquare) {
  const TempFolder folder;
  WriteRecipe(folder);
  const Outcome square =
      RunWsel(folder, Train("square", {"--img-size", "40", "--epochs", "2"}));
  ASSERT_EQ(square.exit_code, 0) << square.err;
  const Outcome init = RunWsel(
      folder, {"init", "--teacher", "square/last.safetensors", "--student",
               "vit_tiny", "--img-size", "40x56", "--patch-size", "8",
               "--embed-dim", "8", "--depth", "1", "--num-heads", "2",
               "--num-classes", "2", "--output", "student.safetensors"});
  ASSERT_EQ(init.exit_code, 0) << init.err;
  EXPECT_EQ(checkpoint::Open(folder / "student.safetensors")
                ->Find("pos_embed")
                ->shape,
            (Shape{1, 1 + 5 * 7, 8}));
  // The checkpoint says the size.
  const Outcome run = RunWsel(
      folder, {"train", "--init", "student.safetensors", "--dataset", "folder",
               "--data-root", kData, "--epochs", "2", "--batch-size", "4",
               "--workers", "1", "--output", "run"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("input       40x56 px, "));
  const auto recipe = ParseJson(ReadText(folder / "run" / "config.json"),
                                "config.json", ErrorKind::kFormat);
  EXPECT_EQ(recipe["model"]["img_size"].dump(), "[40,56]");
  const Outcome eval = RunWsel(
      folder, {"eval", "--checkpoint", "run/last.safetensors", "--dataset",
               "folder", "--data-root", kData, "--tta", "hflip", "--json"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  const auto result = ParseJson(eval.out, "stdout", ErrorKind::kFormat);
  EXPECT_EQ(result["images"]["img_size"].dump(), "[40,56]");
  const auto command = [&](const std::vector<std::string>& args) {
    const Outcome outcome = RunWsel(folder, args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
  };
  command({"predict", "run/last.safetensors", kData});
  // Weights of squares fine-tuned on rectangles, without an init of their own.
  const Outcome tuned =
      RunWsel(folder, Train("tuned", {"--img-size", "40x56", "--epochs", "2",
                                      "--init", "square/last.safetensors"}));
  EXPECT_EQ(tuned.exit_code, 0) << tuned.err;
  EXPECT_THAT(tuned.err, HasSubstr("resampled from 5x5 to 5x7 patches"));
  command({"export", "run/last.safetensors", "m.onnx", "--preprocess"});
  EXPECT_THAT(command({"inspect", "run/last.safetensors"}), HasSubstr("40x56"));
}

TEST(Train, AnImageSizeIsASideOrHeightAndWidth) {
  const TempFolder folder;
  WriteRecipe(folder);
  const auto dry = [&](std::vector<std::string> more) {
    more.emplace_back("--dry-run");
    return RunWsel(folder, Train("run", more));
  };
  const std::string by_option = dry({"--img-size", "40x56"}).out;
  EXPECT_THAT(by_option, HasSubstr("40x56 px"));
  EXPECT_EQ(dry({"--set", "model.img_size=[40,56]"}).out, by_option);
  EXPECT_EQ(dry({"--set", "model.img_size=40x56"}).out, by_option);
  EXPECT_EQ(dry({"--img-size", "40x40"}).out, dry({"--img-size", "40"}).out);
  const auto fails = [&](const std::vector<std::string>& args, int exit_code,
                         const std::string& part) {
    const Outcome outcome = dry(args);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(part));
  };
  fails({"--img-size", "40x"}, 2, "height x width, such as 192x256");
  fails({"--img-size", "40x56x3"}, 2, "height x width, such as 192x256");
  fails({"--img-size", "40x57"}, 3,
        ": its width is not a multiple of "
        "patch_size 8");
  fails({"--img-size", "0x56"}, 3, "is 0x56");
  fails({"--img-size", "40x-56"}, 3, "is 40x-56");
  fails({"--set", "model.img_size=[40,56,3]"}, 3, "has 3 values");
  fails({"--set", "teacher.img_size=[40]"}, 3, "has 1 values");
}

TEST(Train, WritesACompleteRunFolder) {
  const TempFolder folder;
  WriteRecipe(folder);
  const Outcome run = RunWsel(folder, Train("run", {"--seed", "3"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("batch       4 = 4 x 1 accumulated"));
  EXPECT_THAT(run.out, HasSubstr("steps       20 = 20 epochs x 1"));
  // What is to be checked is on one screen; the recipe is in config.json.
  EXPECT_TRUE(run.out.starts_with("model       vit_d16_l2_h2_p8, ")) << run.out;
  EXPECT_THAT(run.out, HasSubstr("weights     random (init.method timm)"));
  EXPECT_THAT(run.out, HasSubstr("input       16 px, mean 0.485,0.456,0.406"));
  EXPECT_THAT(run.out, HasSubstr("(ImageNet's, the default; --mean, --std)"));
  EXPECT_THAT(run.out, HasSubstr("schedule    cosine: learning rate 0.004 "
                                 "after 2 epochs of warmup"));
  EXPECT_THAT(run.out, HasSubstr("optimizer   adamw, weight decay 0.05, drop "
                                 "path 0.1, EMA decay 0.9"));
  EXPECT_THAT(run.out, HasSubstr("augment     padded crop, hflip 0.5, "
                                 "rand-m9-mstd0.5-inc1, random erasing "));
  EXPECT_THAT(run.out, HasSubstr("device      cpu, fp32, 1 loader thread\n"));
  EXPECT_THAT(run.out, HasSubstr("recipe      run/config.json"));
  EXPECT_THAT(run.out, Not(HasSubstr("{")));
  EXPECT_THAT(run.out, HasSubstr("best        top-1"));
  for (const char* name :
       {"config.json", "metrics.jsonl", "summary.csv", "log.txt",
        "last.safetensors", "best.safetensors", "last-ema.safetensors",
        "best-ema.safetensors", "state.safetensors"}) {
    EXPECT_GT(fs::file_size(folder / "run" / name), 0U) << name;
  }
  EXPECT_THAT(ReadText(folder / "run" / "summary.csv"),
              HasSubstr("epoch,train_loss,eval_loss,eval_top1,eval_top5,lr"));
  EXPECT_THAT(run.err, HasSubstr("epoch 20/20"));
  EXPECT_THAT(run.err, Not(HasSubstr("\r")));  // no terminal, no bar

  // The checkpoint can be evaluated.
  const Outcome eval =
      RunWsel(folder, {"eval", "--checkpoint", "run/last.safetensors",
                       "--dataset", "folder", "--data-root", kData, "--json",
                       "--predictions", "p.jsonl", "--logits", "--confusion",
                       "c.csv", "--per-class", "k.csv", "--threads", "1"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  const auto result = ParseJson(eval.out, "stdout", ErrorKind::kFormat);
  EXPECT_EQ(result["num_images"], 2);
  EXPECT_EQ(result["split"], "folder test");
  EXPECT_THAT(ReadText(folder / "p.jsonl"), HasSubstr("\"logits\":["));
  EXPECT_THAT(ReadText(folder / "k.csv"), HasSubstr("class,support"));
  EXPECT_FALSE(result.contains("ece"));
}

TEST(Train, WritesTheFilesOfTrackers) {
  const TempFolder folder;
  WriteRecipe(folder);
  const std::vector<std::string> track = {"--track", "mlflow,wandb"};
  const Outcome run = RunWsel(folder, Train("run", track));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto tracked = ParseJson(ReadText(folder / "run/tracking.json"), "t",
                                 ErrorKind::kFormat);
  const std::string id = tracked["id"].get<std::string>();
  const fs::path mlflow = folder / ("run/mlruns/0/" + id);
  EXPECT_THAT(ReadText(mlflow / "meta.yaml"),
              AllOf(HasSubstr("run_name: \"run\"\n"), HasSubstr("status: 3")));
  EXPECT_EQ(ReadText(mlflow / "params/train.epochs"), "20");
  EXPECT_EQ(ReadText(mlflow / "params/data.root"), "");  // no paths
  const std::string top1 = ReadText(mlflow / "metrics/eval_top1");
  EXPECT_EQ(std::ranges::count(top1, '\n'), 20);
  EXPECT_TRUE(fs::exists(folder / "run/wandb"));
  for (const auto& entry : fs::directory_iterator(folder / "run")) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("events."));
  }
  const Outcome bad = RunWsel(folder, Train("bad", {"--track", "wanb"}));
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, AllOf(HasSubstr("--track"), HasSubstr("wandb")));
  EXPECT_FALSE(fs::exists(folder / "bad"));
}

TEST(Train, EvalReportsCalibrationMirrorImagesAndProbabilities) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(RunWsel(folder, Train("run")).exit_code, 0);
  const auto eval = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"eval", "--checkpoint", "run/last.safetensors",
                               "--dataset", "folder", "--data-root", kData});
    return RunWsel(folder, more);
  };
  const Outcome all = eval({"--json", "--ece", "--tta", "hflip",
                            "--predictions", "p.jsonl", "--probabilities"});
  ASSERT_EQ(all.exit_code, 0) << all.err;
  const auto result = ParseJson(all.out, "stdout", ErrorKind::kFormat);
  EXPECT_EQ(result["tta"], "hflip");
  EXPECT_GE(result["ece"].get<double>(), 0);
  EXPECT_LE(result["temperature"]["loss"].get<double>(),
            result["loss"].get<double>() + 1e-6);
  const std::string lines = ReadText(folder / "p.jsonl");
  const auto first = ParseJson(lines.substr(0, lines.find('\n')), "p.jsonl",
                               ErrorKind::kFormat);
  EXPECT_TRUE(fs::exists(fs::path(kData) / first["file"].get<std::string>()))
      << first;
  double sum = 0;
  for (const auto& p : first["probabilities"]) sum += p.get<double>();
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_EQ(first["top5_probabilities"].size(), first["top5"].size());
  // The mean of two views is another result than one view's.
  const Outcome one = eval({"--json"});
  EXPECT_NE(ParseJson(one.out, "stdout", ErrorKind::kFormat)["loss"],
            result["loss"]);
  const Outcome text = eval({"--ece"});
  EXPECT_THAT(text.out, HasSubstr("fitted on these images"));
  EXPECT_EQ(eval({"--probabilities"}).exit_code, 2);
  EXPECT_THAT(eval({"--tta", "vflip"}).err, HasSubstr("hflip"));
}

// Class names are escaped; a path that the recipe would hold is an error before
// anything is written.
TEST(Train, NamesThatAreNotUtf8) {
  const TempFolder folder;
  WriteRecipe(folder);
  fs::copy(kData, folder / "set", fs::copy_options::recursive);
  for (const char* split : {"train", "val"}) {
    fs::rename(folder / "set" / split / "b",
               folder / "set" / split / "caf\xE9");
  }
  const Outcome run = RunWsel(folder, Train("run", {"--set", "data.root=set"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  fs::rename(folder / "run/last.safetensors", folder / "t\xE9.safetensors");
  const Outcome eval =
      RunWsel(folder, {"eval", "--checkpoint", "t\xE9.safetensors", "--dataset",
                       "folder", "--data-root", "set", "--json",
                       "--predictions", "p.jsonl"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_THAT(ReadText(folder / "p.jsonl"), HasSubstr("caf\\\\xE9"));
  const Outcome bad = RunWsel(folder, Train("bad", {"--set",
                                                    "data.root=donn\xE9"
                                                    "es"}));
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("donn\\xE9es' is not UTF-8"));
  EXPECT_FALSE(fs::exists(folder / "bad"));
}

TEST(Train, AnExistingRunIsNotOverwritten) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(RunWsel(folder, Train("run")).exit_code, 0);
  const std::string before = ReadAll(folder / "run" / "last.safetensors");
  const Outcome again = RunWsel(folder, Train("run", {"--seed", "4"}));
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("--resume"));
  // Finished: --resume has nothing to do.
  EXPECT_EQ(RunWsel(folder, Train("run", {"--resume"})).exit_code, 0);
  EXPECT_EQ(ReadAll(folder / "run" / "last.safetensors"), before);
  const Outcome other =
      RunWsel(folder, Train("run", {"--resume", "--set", "optimizer.lr=1e-4"}));
  EXPECT_EQ(other.exit_code, 3);
  EXPECT_THAT(other.err, HasSubstr("optimizer.lr: 0.004, now 0.0001"));
}

TEST(Train, AResumedRunMayChangeWhatCanBeStated) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(RunWsel(folder, Train("run", {"--set", "train.epochs=4",
                                          "train.warmup_epochs=1"}))
                .exit_code,
            0);
  const auto resume = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"train", "--resume", "--output", "run",
                               "--device", "cpu", "--threads", "1"});
    return RunWsel(folder, more);
  };
  const Outcome run =
      resume({"--epochs", "20", "--val-interval", "2", "--workers", "2",
              "--set", "train.micro_batch=2", "evaluation.batch=1"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("train.epochs 20, was 4: from here on the "
                                 "learning rate is that of a cosine"));
  EXPECT_THAT(run.err, HasSubstr("train.warmup_epochs stays 1"));
  EXPECT_THAT(run.err, HasSubstr("train.micro_batch 2, was 4: weights differ"));
  EXPECT_THAT(run.err, HasSubstr("evaluation.batch 1, was "));
  EXPECT_THAT(run.err, HasSubstr("train.val_interval 2, was 1"));
  EXPECT_THAT(run.out, HasSubstr("weights     of the run's saved state"));
  const std::string summary = ReadText(folder / "run/summary.csv");
  EXPECT_EQ(std::ranges::count(summary, '\n'), 21);
  const auto config =
      ParseJson(ReadText(folder / "run/config.json"), "c", ErrorKind::kFormat);
  EXPECT_EQ(config["train"]["epochs"], 20);
  EXPECT_EQ(config["train"]["warmup_epochs"], 1);
  EXPECT_EQ(config["train"]["micro_batch"], 2);
  // It is finished, and has what it was resumed with.
  const Outcome again = resume({});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, Not(HasSubstr(", was ")));
  // The recipe, given again, has 20 epochs with a warmup of 2.
  const Outcome recipe = RunWsel(folder, Train("run", {"--resume"}));
  EXPECT_EQ(recipe.exit_code, 0) << recipe.err;
  EXPECT_THAT(recipe.err, HasSubstr("train.warmup_epochs stays 1"));
  const Outcome fewer = resume({"--epochs", "10"});
  EXPECT_EQ(fewer.exit_code, 3);
  EXPECT_THAT(fewer.err, HasSubstr("train.epochs: 20, now 10"));
}

// Without a recipe, the model and the mean of its images are the checkpoint's.
TEST(Train, InitAloneSaysWhichModel) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(
      RunWsel(folder, Train("start", {"--set", "data.mean=[0.5,0.5,0.5]"}))
          .exit_code,
      0);
  const std::vector<std::string> args = {"train",
                                         "--init",
                                         "start/last.safetensors",
                                         "--dataset",
                                         "folder",
                                         "--data-root",
                                         kData,
                                         "--output",
                                         "run",
                                         "--device",
                                         "cpu",
                                         "--epochs",
                                         "2",
                                         "--batch-size",
                                         "4",
                                         "--augment",
                                         "none",
                                         "--lr",
                                         "1e-3",
                                         "--threads",
                                         "1",
                                         "--workers",
                                         "1"};
  const Outcome run = RunWsel(folder, args);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto config =
      ParseJson(ReadText(folder / "run/config.json"), "c", ErrorKind::kFormat);
  EXPECT_EQ(config["model"]["embed_dim"], 16);
  EXPECT_EQ(config["data"]["mean"][0], 0.5);
  EXPECT_EQ(config["train"]["mixup_batch"], 64);  // nothing is mixed
  EXPECT_EQ(config["optimizer"]["lr"], 1e-3);
  // The checkpoint is opened once.
  const std::string facts = "last.safetensors: images of 16 px";
  const size_t logged = run.err.find(facts);
  ASSERT_NE(logged, std::string::npos) << run.err;
  EXPECT_EQ(run.err.find(facts, logged + 1), std::string::npos) << run.err;

  // --resume needs no recipe.
  const Outcome again = RunWsel(
      folder, {"train", "--resume", "--output", "run", "--device", "cpu"});
  EXPECT_EQ(again.exit_code, 0) << again.err;

  const Outcome unknown = RunWsel(folder, Train("x", {"--clip-grad", "1"}));
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("use --set train.clip_grad=VALUE"));
}

// They may lie elsewhere, which the run then records.
TEST(Train, ResumesOnTheImagesThatItBeganWith) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(RunWsel(folder, Train("run")).exit_code, 0);
  fs::copy(kData, folder / "moved", fs::copy_options::recursive);
  const auto resume = [&](const char* epochs) {
    return RunWsel(
        folder, {"train", "--resume", "--output", "run", "--data-root", "moved",
                 "--epochs", epochs, "--device", "cpu"});
  };
  const Outcome moved = resume("21");
  EXPECT_EQ(moved.exit_code, 0) << moved.err;
  EXPECT_THAT(moved.err, HasSubstr("data.root moved, was "));
  EXPECT_THAT(ReadText(folder / "run/config.json"), HasSubstr("\"moved\""));
  const fs::path train = folder / "moved/train";
  for (const auto& entry : fs::recursive_directory_iterator(train)) {
    if (!entry.is_regular_file()) continue;
    fs::copy_file(entry.path(), entry.path().parent_path() / "new.jpg");
    break;
  }
  const Outcome other = resume("22");
  EXPECT_EQ(other.exit_code, 6);
  EXPECT_THAT(other.err, HasSubstr("began with other training images"));
}

TEST(Train, OptionsOfOtherProgramsAreErrorsThatSayWhatDoesTheSame) {
  const TempFolder folder;
  WriteRecipe(folder);
  const auto advises = [&](const std::vector<std::string>& more,
                           const char* text) {
    const Outcome run = RunWsel(folder, Train("x", more));
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.err, HasSubstr(text));
  };
  advises({"--amp"}, "'--amp': use --precision");
  advises({"-b", "64"}, "'-b': use --batch-size N");
  advises({"--batch_size", "64"}, "use --batch-size");
  advises({"--input-size", "3", "224", "224"}, "use --img-size PX");
  advises({"--eopchs", "3"}, "did you mean '--epochs'?");
  const Outcome eval =
      RunWsel(folder, {"eval", "--checkpoint", "c.safetensors", "--dataset",
                       "folder", "--data-root", kData, "--img-size", "32"});
  EXPECT_EQ(eval.exit_code, 2);
  EXPECT_THAT(eval.err, HasSubstr("wsel init, wsel train"));
}

// Fine-tuning has other defaults than the paper's training of a student.
TEST(Train, DefaultsFollowTheInitialWeights) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(RunWsel(folder, Train("start", {"--epochs", "2"})).exit_code, 0);
  ASSERT_EQ(RunWsel(folder,
                    {"init", "--teacher", "start/last.safetensors", "--student",
                     "vit_tiny", "--img-size", "16", "--patch-size", "8",
                     "--embed-dim", "8", "--depth", "1", "--num-heads", "2",
                     "--num-classes", "2", "--output", "s.safetensors"})
                .exit_code,
            0);
  const auto dry = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"train", "--dataset", "folder", "--data-root",
                               kData, "--device", "cpu", "--dry-run"});
    const Outcome run = RunWsel(folder, more);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.out;
  };
  const std::string tuned = dry({"--init", "start/last.safetensors"});
  EXPECT_THAT(tuned,
              AllOf(HasSubstr("recipe      defaults for fine-tuning, since "
                              "start/last.safetensors was trained before "
                              "(--recipe paper"),
                    HasSubstr("learning rate 0.0002 after 5 epochs"),
                    HasSubstr("\"layer_decay\": 0.75"),
                    // There are four images.
                    HasSubstr("batch       4 = "),
                    HasSubstr("augment     padded crop, hflip 0.5, label")));
  EXPECT_THAT(dry({"--init", "start/last.safetensors", "--freeze", "backbone"}),
              HasSubstr("learning rate 0.002 after"));
  const char* const paper = "learning rate 0.004 after 50 epochs";
  EXPECT_THAT(dry({"--init", "s.safetensors"}),
              AllOf(HasSubstr("recipe      the paper's defaults, since "
                              "s.safetensors is a student"),
                    HasSubstr(paper)));
  EXPECT_THAT(dry({"--init", "start/last.safetensors", "--recipe", "paper"}),
              AllOf(HasSubstr("of --recipe paper"), HasSubstr(paper)));
  EXPECT_THAT(dry({"--model", "vit_tiny", "--img-size", "32"}),
              HasSubstr("recipe      the paper's defaults (--recipe"));
  // Only its metadata is asked for, which is not needed without the file.
  EXPECT_THAT(dry({"--model", "vit_tiny", "--init", "none.safetensors"}),
              AllOf(HasSubstr("missing     none.safetensors"),
                    HasSubstr("defaults for fine-tuning")));
  const Outcome bad =
      RunWsel(folder, Train("x", {"--recipe", "finetun", "--dry-run"}));
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("did you mean 'finetune'?"));
}

// Beside --model, what is not given is the run's, not that of the weights.
TEST(Train, AResumedRunKeepsItsDefaults) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(RunWsel(folder, Train("start", {"--epochs", "2"})).exit_code, 0);
  WriteTextFile(folder / "m.json",
                R"({"base": "vit_tiny", "img_size": 16, "patch_size": 8,
                    "embed_dim": 16, "depth": 2, "num_heads": 2})");
  const std::vector<std::string> args = {"train",
                                         "--model",
                                         "m.json",
                                         "--init",
                                         "start/last.safetensors",
                                         "--dataset",
                                         "folder",
                                         "--data-root",
                                         kData,
                                         "--output",
                                         "run",
                                         "--device",
                                         "cpu",
                                         "--workers",
                                         "1",
                                         "--epochs",
                                         "2"};
  auto paper = args;
  paper.insert(paper.end(), {"--recipe", "paper"});
  const Outcome first = RunWsel(folder, paper);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  auto again = args;
  again.emplace_back("--resume");
  const Outcome resumed = RunWsel(folder, again);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
}

TEST(Train, SizesHaveTheNamesOfInit) {
  const TempFolder folder;
  WriteRecipe(folder);
  const auto dry = [&](std::vector<std::string> more) {
    more.emplace_back("--dry-run");
    return RunWsel(folder, Train("run", more));
  };
  const Outcome sizes = dry({"--depth", "3", "--embed-dim", "24", "--num-heads",
                             "4", "--patch-size", "4"});
  ASSERT_EQ(sizes.exit_code, 0) << sizes.err;
  EXPECT_EQ(sizes.out, dry({"--set", "model.depth=3", "model.embed_dim=24",
                            "model.num_heads=4", "model.patch_size=4"})
                           .out);
  const Outcome stages =
      RunWsel(folder, {"train", "--model", "convnext_femto", "--dataset",
                       "cifar10", "--data-root", "none", "--depth", "1,1,2,1",
                       "--embed-dim", "8,16,24,32", "--dry-run"});
  EXPECT_EQ(stages.exit_code, 0) << stages.err;
  const Outcome bad = dry({"--depth", "six"});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("--depth: 'six': expected"));
  EXPECT_EQ(dry({"--embed-dim", "17"}).exit_code, 3);
  const Outcome other = dry({"--depth", "1,1,2,1"});
  EXPECT_EQ(other.exit_code, 3);
  EXPECT_THAT(other.err, HasSubstr("depths"));
}

TEST(Train, ClassWeightsAreGivenByValue) {
  const TempFolder folder;
  WriteRecipe(folder);
  WriteTextFile(folder / "w.csv", "class,weight\nb,2\nB,0.5\n");
  const Outcome run = RunWsel(
      folder, Train("run", {"--class-weights", "w.csv", "--epochs", "2"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("weighted by train.class_weights"));
  // The file may change.
  EXPECT_THAT(ReadText(folder / "run/config.json"),
              HasSubstr("\"class_weights\": \"b=2,B=0.5\""));
  const auto rejects = [&](const char* weights, int code, const char* text) {
    const Outcome bad =
        RunWsel(folder, Train("bad", {"--class-weights", weights}));
    EXPECT_EQ(bad.exit_code, code) << bad.err;
    EXPECT_THAT(bad.err, HasSubstr(text));
    EXPECT_FALSE(fs::exists(folder / "bad" / "config.json"));
  };
  rejects("1,2,3", 3, "has 3 weights for 2 classes");
  rejects("b=1,c=2", 3, "train.class_weights");
  rejects("-1,2", 3, "not negative");
  rejects("none.csv", 4, "none.csv");
}

// Nothing is saved that the next try could overwrite.
TEST(Train, AStartThatFailedIsNoRun) {
  const TempFolder folder;
  WriteRecipe(folder);
  fs::copy(kData, folder / "set", fs::copy_options::recursive);
  const auto args = Train("run", {"--set", "data.root=set"});
  for (const auto& entry :
       fs::recursive_directory_iterator(folder / "set/train")) {
    if (entry.is_regular_file()) WriteTextFile(entry.path(), "no image");
  }
  EXPECT_EQ(RunWsel(folder, args).exit_code, 5);
  fs::remove_all(folder / "set");
  fs::copy(kData, folder / "set", fs::copy_options::recursive);
  const Outcome again = RunWsel(folder, args);
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

TEST(Train, SeveralValuesFollowSet) {
  const TempFolder folder;
  WriteRecipe(folder);
  const Outcome run = RunWsel(
      folder,
      Train("run", {"--set", "train.epochs=3", "train.seed=7", "--dry-run"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out,
              AllOf(HasSubstr("\"epochs\": 3"), HasSubstr("\"seed\": 7")));
}

// Of a set that is only train/.
TEST(Train, HoldsOutValidationImagesAndResumesWithThem) {
  const TempFolder folder;
  WriteRecipe(folder);
  fs::create_directories(folder / "set");
  fs::copy(fs::path(kData) / "train", folder / "set/train",
           fs::copy_options::recursive);
  fs::copy_file(folder / "set/train/b/2.jpg", folder / "set/train/B/2.jpg",
                fs::copy_options::overwrite_existing);
  const std::vector<std::string> more = {"--epochs", "4", "--set",
                                         "data.root=set", "train.batch_size=2"};
  const Outcome run = RunWsel(folder, Train("run", more));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("data.val_split sets the share"));
  EXPECT_THAT(run.out, HasSubstr("4 training, 1 validation, 0 test"));
  EXPECT_THAT(run.out, HasSubstr("drawn with data.split_seed 0"));
  EXPECT_THAT(ReadText(folder / "run/config.json"),
              HasSubstr("\"val_split\": 0.1"));
  auto again = more;
  again.emplace_back("--resume");
  const Outcome resumed = RunWsel(folder, Train("run", again));
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  // Its weights are evaluated on the same images.
  const Outcome eval =
      RunWsel(folder, {"eval", "--checkpoint", "run/best.safetensors",
                       "--dataset", "folder", "--data-root", "set", "--json"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  const auto result = ParseJson(eval.out, "stdout", ErrorKind::kFormat);
  EXPECT_EQ(result["num_images"], 1);
  EXPECT_TRUE(result["balanced_accuracy"].is_number());
}

TEST(Train, TestsTheBestWeightsAtTheEnd) {
  const TempFolder folder;
  WriteRecipe(folder);
  fs::copy(kData, folder / "set", fs::copy_options::recursive);
  fs::copy(folder / "set/val", folder / "set/test",
           fs::copy_options::recursive);
  const Outcome run =
      RunWsel(folder, Train("run", {"--set", "data.root=set", "--epochs", "4",
                                    "--patience", "3", "--class-weights",
                                    "balanced", "--sampler", "balanced"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("4 training, 2 validation, 2 test"));
  EXPECT_THAT(run.out, HasSubstr("looked at once, at the end"));
  EXPECT_THAT(run.out, HasSubstr("test        top-1"));
  EXPECT_TRUE(fs::exists(folder / "run/test.json"));
  EXPECT_TRUE(fs::exists(folder / "run/confusion.csv"));
  // The official way.
  const Outcome official =
      RunWsel(folder, Train("official", {"--set", "data.root=set", "--epochs",
                                         "2", "--validation", "test"}));
  ASSERT_EQ(official.exit_code, 0) << official.err;
  EXPECT_THAT(official.out, HasSubstr("top-1 on the test images"));
  EXPECT_FALSE(fs::exists(folder / "official/test.json"));
  const Outcome bad =
      RunWsel(folder, Train("bad", {"--set", "data.root=set", "--validation",
                                    "test", "--val-split", "0.5"}));
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_THAT(bad.err, HasSubstr("give only one of them"));
}

// Of a model of two classes, images of one.
TEST(Train, EvalTakesClassFoldersAndListedFiles) {
  const TempFolder folder;
  WriteRecipe(folder);
  const Outcome run = RunWsel(folder, Train("run", {"--epochs", "2"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  fs::create_directories(folder / "some");
  fs::copy(fs::path(kData) / "train/b", folder / "some/b",
           fs::copy_options::recursive);
  const std::vector<std::string> eval = {
      "eval",   "--checkpoint", "run/last.safetensors", "--dataset",
      "folder", "--json",       "--data-root",          "some"};
  const Outcome classes = RunWsel(folder, eval);
  ASSERT_EQ(classes.exit_code, 0) << classes.err;
  EXPECT_THAT(classes.err, HasSubstr("1 of the checkpoint's 2 classes"));
  EXPECT_EQ(ParseJson(classes.out, "stdout", ErrorKind::kFormat)["num_images"],
            3);
  WriteTextFile(folder / "l.csv", "image,class\nb/2.jpg,b\n");
  auto listed = eval;
  listed.insert(listed.end(), {"--labels", "l.csv"});
  const Outcome files = RunWsel(folder, listed);
  ASSERT_EQ(files.exit_code, 0) << files.err;
  EXPECT_EQ(ParseJson(files.out, "stdout", ErrorKind::kFormat)["num_images"],
            1);
  WriteTextFile(folder / "l.csv", "b/none.jpg,b\n");
  const Outcome missing = RunWsel(folder, listed);
  EXPECT_EQ(missing.exit_code, 4);
  EXPECT_THAT(missing.err, HasSubstr("b/none.jpg"));
}

TEST(Train, ImagesWithSeveralLabels) {
  const TempFolder folder;
  WriteRecipe(folder);
  std::string csv = "file,labels,split\n";
  for (const char* row : {"train/b/x/1.jpg,x y,train", "train/b/2.jpg,x,train",
                          "train/B/1.jpg,,train", "train/b/10.JPEG,y,train",
                          "val/b/3.jpg,x,val", "val/B/2.jpg,x y,val"}) {
    csv += std::string(row) + "\n";
  }
  WriteTextFile(folder / "l.csv", csv);
  const std::vector<std::string> labels = {"--labels", "l.csv", "--multi-label",
                                           "auto"};
  const Outcome run = RunWsel(folder, Train("run", labels));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("loss.name bce"),
                             HasSubstr("read as space"), HasSubstr("mAP")));
  EXPECT_THAT(run.out, HasSubstr("best        mAP"));
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("top-1")));
  EXPECT_EQ(checkpoint::Open(folder / "run/best.safetensors")
                ->metadata()
                .at("wsel.task"),
            "multi-label");

  std::vector<std::string> args = {
      "eval",      "--checkpoint", "run/best.safetensors",
      "--dataset", "folder",       "--data-root",
      kData,       "--json"};
  const Outcome lacking = RunWsel(folder, args);
  EXPECT_EQ(lacking.exit_code, 6);
  EXPECT_THAT(lacking.err, HasSubstr("several labels"));
  // The run says that there are several.
  args.insert(args.end(), {"--labels", "l.csv", "--per-class", "k.csv",
                           "--predictions", "p.jsonl"});
  const Outcome eval = RunWsel(folder, args);
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  const auto result = ParseJson(eval.out, "stdout", ErrorKind::kFormat);
  EXPECT_EQ(result["num_images"], 2);
  EXPECT_TRUE(result.contains("map"));
  EXPECT_FALSE(result.contains("top1"));
  EXPECT_THAT(ReadText(folder / "k.csv"), HasSubstr("average_precision"));
  EXPECT_THAT(ReadText(folder / "p.jsonl"),
              HasSubstr("\"labels\":[\"x\",\"y\"]"));
  args.push_back("--ece");
  EXPECT_EQ(RunWsel(folder, args).exit_code, 2);

  const Outcome all = RunWsel(folder, {"predict", "run/best.safetensors", kData,
                                       "--threshold", "0", "--json"});
  ASSERT_EQ(all.exit_code, 0) << all.err;
  const auto first = ParseJson(all.out.substr(0, all.out.find('\n')), "stdout",
                               ErrorKind::kFormat);
  EXPECT_EQ(first["classes"].size(), 2U);
  const Outcome none = RunWsel(
      folder, {"predict", "run/best.safetensors", kData, "--threshold", "1"});
  EXPECT_THAT(none.out, HasSubstr("  none\n"));
  EXPECT_EQ(
      RunWsel(folder, Train("other", {"--multi-label", "auto"})).exit_code, 2);
  const Outcome probe = RunWsel(
      folder, {"probe", "--pixels", "--dataset", "folder", "--data-root", kData,
               "--labels", "l.csv", "--multi-label", "auto", "--dry-run"});
  EXPECT_EQ(probe.exit_code, 2);
  EXPECT_THAT(probe.err, HasSubstr("--multi-label: a probe classifies images "
                                   "with one label"));
}

TEST(Train, AnEmptySubsetUndoesTheRecipes) {
  const TempFolder folder;
  WriteTextFile(folder / "r.json", R"({
    "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8},
    "data": {"name": "folder", "subset": "50%"},
    "train": {"batch_size": 4, "mixup_batch": 2}
  })");
  const Outcome run =
      RunWsel(folder, Train("run", {"--subset", "", "--dry-run"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out,
              AllOf(HasSubstr("\"subset\": \"\""), HasSubstr("4 training, ")));
}

// Starts the program in another process, with an optional limit on the size of
// its files.
pid_t Start(const TempFolder& folder, const std::vector<std::string>& args,
            const rlimit* file_size = nullptr) {
  const pid_t child = fork();
  if (child != 0) return child;
  if (file_size != nullptr) {
    // Instead of the signal the write fails, as on a full disk.
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, file_size) != 0) _exit(99);
  }
  if (chdir(folder.path().c_str()) != 0) _exit(99);
  std::vector<char*> argv = {const_cast<char*>(WSEL_BINARY)};
  for (const auto& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  if (freopen("/dev/null", "w", stdout) == nullptr) _exit(99);
  if (freopen("child.err", "w", stderr) == nullptr) _exit(99);
  execv(WSEL_BINARY, argv.data());
  _exit(99);
}

void Sleep(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

// Waits until the run saves for the first time.
void AwaitState(const TempFolder& folder) {
  for (int i = 0; i < 3000; ++i) {
    if (fs::exists(folder / "run" / "state.safetensors")) return;
    Sleep(0.01);
  }
}

TEST(Train, KilledTwentyTimesTheResultIsBitIdentical) {
  const TempFolder whole;
  WriteRecipe(whole);
  const std::vector<std::string> longer = {"--resume", "--epochs", "400"};
  ASSERT_EQ(RunWsel(whole, Train("run", longer)).exit_code, 0);

  const TempFolder killed;
  WriteRecipe(killed);
  std::mt19937 random(1);
  std::uniform_real_distribution<double> instant(0, 0.12);
  for (int kill_count = 0; kill_count < 20; ++kill_count) {
    const pid_t child = Start(killed, Train("run", longer));
    // It saves after each step, so it is most likely killed while saving.
    AwaitState(killed);
    Sleep(0.35 + instant(random));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
  }
  const Outcome last = RunWsel(killed, Train("run", longer));
  ASSERT_EQ(last.exit_code, 0) << last.err;
  for (const char* name : {"last.safetensors", "best.safetensors",
                           "last-ema.safetensors", "summary.csv"}) {
    EXPECT_EQ(ReadAll(whole / "run" / name), ReadAll(killed / "run" / name))
        << name;
  }
}

TEST(Train, ASignalSavesTheState) {
  for (const auto& [signal, code] :
       {std::pair(SIGINT, 130), std::pair(SIGTERM, 143)}) {
    const TempFolder folder;
    WriteRecipe(folder);
    const pid_t child = Start(folder, Train("run", {"--epochs", "100000"}));
    AwaitState(folder);
    kill(child, signal);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), code);
    EXPECT_THAT(ReadText(folder / "child.err"),
                HasSubstr("--resume continues"));
  }
}

// A disk that is full while the run saves: files are limited to 8 KB.
TEST(Train, AFullDiskKeepsTheLastGoodState) {
  const TempFolder folder;
  WriteRecipe(folder);
  const std::vector<std::string> longer = {"--resume", "--epochs", "100000"};
  const pid_t child = Start(folder, Train("run", longer));
  AwaitState(folder);
  kill(child, SIGINT);
  waitpid(child, nullptr, 0);
  const auto saved = [&] {
    std::map<std::string, std::string> bytes;
    for (const auto& file : fs::directory_iterator(folder / "run")) {
      if (file.path().extension() != ".safetensors") continue;
      bytes[file.path().filename()] = ReadAll(file.path());
    }
    return bytes;
  };
  const auto before = saved();
  ASSERT_TRUE(before.contains("state.safetensors"));

  const rlimit full = {.rlim_cur = 8192, .rlim_max = RLIM_INFINITY};
  const pid_t limited = Start(folder, Train("run", longer), &full);
  int status = 0;
  waitpid(limited, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 4) << ReadText(folder / "child.err");
  EXPECT_THAT(ReadText(folder / "child.err"),
              AllOf(HasSubstr(".safetensors"), HasSubstr("File too large")));
  EXPECT_EQ(saved(), before);  // and no partial files beside them
}

TEST(Train, AnUnwritableFolderIsAnErrorBeforeDataIsRead) {
  const TempFolder folder;
  WriteRecipe(folder);
  // Not even root can create folders there.
  const Outcome run = RunWsel(folder, Train("/sys/wsel-run"));
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.err, HasSubstr("/sys/wsel-run"));
}

TEST(Train, ADryRunNeedsNeitherDataNorCheckpoint) {
  const TempFolder folder;
  const Outcome run = RunWsel(
      folder,
      {"train", "--config", kSource + "/configs/cifar100/vit_tiny.json",
       "--data-root", "nowhere", "--init", "none.safetensors", "--dry-run"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("missing     nowhere"));
  EXPECT_THAT(run.out, HasSubstr("missing     none.safetensors"));
  EXPECT_THAT(run.out, HasSubstr("steps       29100 = 300 epochs x 97"));
  EXPECT_THAT(run.out, HasSubstr("5543716 parameters, 100 classes"));
}

TEST(Train, WarnsOfACheckpointTrainedWithAnotherMean) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(
      RunWsel(folder, Train("teacher", {"--set", "data.mean=[0.5,0.5,0.5]",
                                        "--epochs", "1"}))
          .exit_code,
      0);
  ASSERT_EQ(RunWsel(folder, {"init", "--teacher", "teacher/last.safetensors",
                             "--student", "vit_tiny", "--img-size", "16",
                             "--patch-size", "8", "--embed-dim", "16",
                             "--depth", "2", "--num-heads", "2",
                             "--num-classes", "5", "--output", "s.safetensors"})
                .exit_code,
            0);
  const Outcome run =
      RunWsel(folder, Train("run", {"--init", "s.safetensors"}));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("trained with mean [0.5,0.5,0.5]"));
  EXPECT_THAT(
      run.err,
      HasSubstr("re-initialised for 2 classes: head.weight, head.bias"));
}

// What knows the names of its classes means the same whatever their order.
TEST(Train, ClassesAreMatchedByName) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(RunWsel(folder, Train("one", {"--classes", "b,B", "--epochs", "2"}))
                .exit_code,
            0);
  const std::string file = "one/last.safetensors";
  const auto eval = [&](const std::vector<std::string>& more) {
    std::vector<std::string> args = {"eval",        "--checkpoint", file,
                                     "--dataset",   "folder",       "--json",
                                     "--data-root", kData};
    args.insert(args.end(), more.begin(), more.end());
    return RunWsel(folder, args);
  };
  const auto loss = [&](const std::vector<std::string>& more) {
    const Outcome run = eval(more);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return nlohmann::json::parse(run.out)["loss"].get<double>();
  };
  const double same = loss({"--classes", "b,B"});
  EXPECT_NEAR(loss({"--classes", "B,b"}), same, 1e-6);
  EXPECT_GT(
      std::abs(loss({"--classes", "B,b", "--class-order", "torchvision"}) -
               same),
      1e-6);
  const Outcome other = eval({"--classes", "B"});
  EXPECT_EQ(other.exit_code, 6);
  EXPECT_THAT(other.err, AllOf(HasSubstr("only the checkpoint has b"),
                               HasSubstr("with --class-order torchvision")));
  // Only on request: of one class each prediction is right among the data
  // set's.
  const auto part = [&](const char* among) {
    const Outcome run = eval({"--classes", "B", "--among", among});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    auto json = nlohmann::json::parse(run.out);
    EXPECT_EQ(json["among"].get<std::string>(), among);
    return json;
  };
  EXPECT_EQ(part("dataset")["top1"].get<double>(), 100);
  EXPECT_EQ(part("dataset")["loss"].get<double>(), 0);
  EXPECT_GT(part("all")["loss"].get<double>(), 0);

  const Outcome init = RunWsel(
      folder, Train("two", {"--init", file, "--epochs", "1", "--set",
                            "optimizer.lr=0", "--set", "optimizer.min_lr=0"}));
  ASSERT_EQ(init.exit_code, 0) << init.err;
  const auto head = [&](const std::string& run) {
    const auto weights = checkpoint::Open(folder / run / "last.safetensors");
    return Borrow(weights->View("head.weight")).clone();
  };
  EXPECT_TRUE(at::equal(head("two"), head("one").flip(0)));

  // A classifier of other classes is kept or re-initialised only on request.
  const std::vector<std::string> fewer = {"--init",    file,
                                          "--classes", "B",
                                          "--epochs",  "1",
                                          "--set",     "train.batch_size=1",
                                          "--set",     "train.mixup_batch=1",
                                          "--set",     "mix.mixup_alpha=0",
                                          "--set",     "mix.cutmix_alpha=0"};
  const Outcome missing = RunWsel(folder, Train("fewer", fewer));
  EXPECT_EQ(missing.exit_code, 6);
  EXPECT_THAT(missing.err, AllOf(HasSubstr("only the checkpoint has b"),
                                 HasSubstr("init.reset_classifier")));
  EXPECT_FALSE(fs::exists(folder / "fewer" / "last.safetensors"));
  const Outcome reset = RunWsel(
      folder,
      Train("reset", {"--init", file, "--epochs", "1", "--reset-classifier"}));
  EXPECT_EQ(reset.exit_code, 0) << reset.err;
  EXPECT_THAT(reset.err, HasSubstr("re-initialised for 2 classes"));

  const std::vector<std::string> distil = {"--teacher", file,       "--distill",
                                           "logit",     "--epochs", "1"};
  EXPECT_EQ(RunWsel(folder, Train("three", distil)).exit_code, 0);
  auto of_one = distil;
  of_one.insert(of_one.end(),
                {"--classes", "B", "--set", "train.batch_size=1", "--set",
                 "train.mixup_batch=1", "--set", "mix.mixup_alpha=0", "--set",
                 "mix.cutmix_alpha=0"});
  const Outcome fails = RunWsel(folder, Train("four", of_one));
  EXPECT_EQ(fails.exit_code, 6);
  EXPECT_THAT(fails.err, HasSubstr("only the checkpoint has b"));

  const Outcome reuse = RunWsel(
      folder, {"init", "--teacher", file, "--student", "vit_tiny", "--img-size",
               "16", "--patch-size", "8", "--embed-dim", "8", "--depth", "1",
               "--num-heads", "1", "--head", "reuse", "--output", "s.pth"});
  ASSERT_EQ(reuse.exit_code, 0) << reuse.err;
  EXPECT_EQ(checkpoint::Open(folder / "s.pth")->metadata().at("wsel.classes"),
            R"(["b","B"])");
}

// What decides about the images is in the metadata of a run's weights.
TEST(Train, EvalRepeatsTheRunsAccuracy) {
  const TempFolder folder;
  WriteRecipe(folder);
  const std::vector<std::string> run = {
      "--set",     "model.img_size=40",
      "--set",     "evaluation.crop_pct=1",
      "--set",     "evaluation.interpolation=bilinear",
      "--set",     "data.mean=[0.5,0.5,0.5]",
      "--classes", "b,B",
      "--epochs",  "2"};
  ASSERT_EQ(RunWsel(folder, Train("run", run)).exit_code, 0);
  const auto metrics = ReadText(folder / "run" / "metrics.jsonl");
  const std::string last = metrics.substr(
      metrics.rfind('\n', metrics.size() - 2) + 1);  // npos + 1 is 0
  const auto epoch = nlohmann::json::parse(last);
  const auto eval = [&](const std::vector<std::string>& more) {
    std::vector<std::string> args = {
        "eval",   "--checkpoint", "run/last.safetensors", "--dataset",
        "folder", "--json",       "--data-root",          kData};
    args.insert(args.end(), more.begin(), more.end());
    return RunWsel(folder, args);
  };
  const Outcome same = eval({});
  ASSERT_EQ(same.exit_code, 0) << same.err;
  const auto result = nlohmann::json::parse(same.out);
  EXPECT_EQ(result["top1"], epoch["eval_top1"]);
  EXPECT_NEAR(result["loss"].get<double>(), epoch["eval_loss"].get<double>(),
              1e-6);
  EXPECT_EQ(result["images"]["crop_pct"]["value"], 1);
  EXPECT_EQ(result["images"]["interpolation"]["source"], "metadata");
  EXPECT_EQ(result["images"]["resize"]["value"], "pillow-13");
  EXPECT_EQ(result["images"]["resize"]["source"], "metadata");
  EXPECT_THAT(eval({"--crop-pct", "0.5"}).err,
              HasSubstr("crop 0.5 (given, not 1 (metadata))"));
}

TEST(Train, RecordsWhatImagesItsInitialWeightsExpect) {
  const TempFolder folder;
  WriteRecipe(folder);
  const std::vector<std::string> size = {"--set", "model.img_size=40",
                                         "--epochs", "2"};
  auto first = size;
  first.insert(first.end(), {"--set", "evaluation.crop_pct=0.5", "--set",
                             "evaluation.interpolation=bilinear"});
  ASSERT_EQ(RunWsel(folder, Train("one", first)).exit_code, 0);
  EXPECT_FALSE(fs::exists(folder / "one" / "pretrained.json"));
  auto second = size;
  second.insert(second.end(), {"--init", "one/last.safetensors"});
  const Outcome run = RunWsel(folder, Train("two", second));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(
      run.err,
      AllOf(HasSubstr("images of 40 px, crop 0.5 (metadata), bilinear"),
            HasSubstr("crop_pct 0.5, but this run uses 0.875; set "
                      "evaluation.crop_pct to match"),
            HasSubstr("interpolation bilinear, but this run uses bicubic")));
  const auto recorded = ParseJson(ReadText(folder / "two" / "pretrained.json"),
                                  "pretrained.json", ErrorKind::kFormat);
  EXPECT_EQ(recorded["init"]["crop_pct"]["value"], 0.5);
  EXPECT_EQ(recorded["init"]["crop_pct"]["source"], "metadata");
}

TEST(Train, EvalRefusesACropThatDoesNotCount) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(RunWsel(folder, Train("run", {"--epochs", "1"})).exit_code, 0);
  const Outcome eval = RunWsel(
      folder, {"eval", "--checkpoint", "run/last.safetensors", "--dataset",
               "folder", "--data-root", kData, "--crop-pct", "0.9"});
  EXPECT_EQ(eval.exit_code, 2);
  EXPECT_THAT(eval.err, HasSubstr("no effect on images of 16 px"));
  const Outcome centred =
      RunWsel(folder, {"eval", "--checkpoint", "run/last.safetensors",
                       "--dataset", "folder", "--data-root", kData,
                       "--crop-pct", "0.9", "--crop-mode", "center"});
  EXPECT_EQ(centred.exit_code, 0) << centred.err;
  EXPECT_THAT(centred.err, HasSubstr("crop 0.9 (given"));
}

// Table 4 of the paper in one run: selected and distilled from a teacher.
TEST(Train, SelectsAndDistilsFromOneTeacher) {
  const TempFolder folder;
  WriteRecipe(folder);
  const std::vector<std::string> wide = {
      "--set", "model.embed_dim=32",      "--set",    "model.num_heads=4",
      "--set", "data.mean=[0.5,0.5,0.5]", "--epochs", "2"};
  ASSERT_EQ(RunWsel(folder, Train("teacher", wide)).exit_code, 0);
  const std::string teacher = "teacher/last.safetensors";
  const Outcome run =
      RunWsel(folder, Train("run", {"--teacher", teacher, "--select", "uniform",
                                    "--distill", "logit"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("2 classes, images of 16 px, mean "
                                 "[0.5,0.5,0.5]"));
  const std::string metrics = ReadText(folder / "run" / "metrics.jsonl");
  EXPECT_THAT(metrics, HasSubstr("\"kd_loss\":"));
  EXPECT_THAT(metrics, HasSubstr("\"teacher_seconds\":"));
  const std::string config = ReadText(folder / "run" / "config.json");
  EXPECT_THAT(config, HasSubstr("\"digest\": \""));

  // Its initial weights are those of `wsel init`, with the same random
  // classifier.
  ASSERT_EQ(
      RunWsel(folder, {"init", "--teacher", teacher, "--student", "vit_tiny",
                       "--img-size", "16", "--patch-size", "8", "--embed-dim",
                       "16", "--depth", "2", "--num-heads", "2",
                       "--num-classes", "2", "--output", "s.safetensors"})
          .exit_code,
      0);
  const std::vector<std::string> frozen = {"--set",    "optimizer.lr=0",
                                           "--set",    "optimizer.min_lr=0",
                                           "--epochs", "1"};
  auto by_select = frozen;
  by_select.insert(by_select.end(),
                   {"--teacher", teacher, "--select", "uniform"});
  ASSERT_EQ(RunWsel(folder, Train("one", by_select)).exit_code, 0);
  auto by_init = frozen;
  by_init.insert(by_init.end(), {"--init", "s.safetensors"});
  ASSERT_EQ(RunWsel(folder, Train("two", by_init)).exit_code, 0);
  const auto student = checkpoint::Open(folder / "s.safetensors");
  const auto one = checkpoint::Open(folder / "one/last.safetensors");
  const auto two = checkpoint::Open(folder / "two/last.safetensors");
  for (const auto& spec : student->Specs()) {
    EXPECT_TRUE(
        at::equal(Borrow(one->View(spec.name)), Borrow(two->View(spec.name))))
        << spec.name;
  }
}

// The tensors of this module do not tell its heads, and its code does.
TEST(Train, ATorchScriptTeacherIsRunAsItIs) {
  const TempFolder folder;
  WriteRecipe(folder);
  const auto train = [&](const std::string& loss,
                         const std::vector<std::string>& more = {}) {
    fs::remove_all(folder / "run");
    std::vector<std::string> args = {
        "--epochs",  "1",
        "--teacher", kSource + "/tests/golden/train/script_vit.pt",
        "--distill", loss};
    args.insert(args.end(), more.begin(), more.end());
    return RunWsel(folder, Train("run", args));
  };
  const Outcome logit = train("logit");
  EXPECT_EQ(logit.exit_code, 0) << logit.err;
  EXPECT_THAT(logit.err, HasSubstr("script_vit.pt: 2 classes, images of 16"));
  EXPECT_THAT(train("logit", {"--set", "teacher.model=vit_tiny"}).err,
              HasSubstr("teacher.model: is not used"));
  // Its features are not what it returns; its code states the heads.
  const Outcome known = train("feature");
  EXPECT_EQ(known.exit_code, 0) << known.err;
  EXPECT_THAT(known.err,
              HasSubstr("rebuilt from its tensors as vit_d8_l1_h4_p8"));
  WriteTextFile(folder / "t.json",
                R"({"family": "vit", "img_size": 16, "patch_size": 8,
                    "embed_dim": 8, "depth": 1, "num_heads": 4})");
  const Outcome feature = train("feature", {"--set", "teacher.model=t.json"});
  EXPECT_EQ(feature.exit_code, 0) << feature.err;
  EXPECT_THAT(feature.err, HasSubstr("rebuilt from its tensors"));
  EXPECT_THAT(feature.err, Not(HasSubstr("assumed:")));
  EXPECT_THAT(ReadText(folder / "run" / "pretrained.json"),
              AllOf(HasSubstr("\"teacher\""), HasSubstr("\"img_size\": 16")));
  // The run has the model, not only the name of a file that may change.
  EXPECT_THAT(ReadText(folder / "run" / "config.json"),
              HasSubstr(R"(\"num_heads\":4)"));
}

// Whatever `wsel init` can do, init.select can.
TEST(Train, SelectsWithTheOptionsOfInit) {
  const TempFolder folder;
  WriteRecipe(folder);
  ASSERT_EQ(
      RunWsel(folder, Train("teacher", {"--set", "model.embed_dim=32", "--set",
                                        "model.num_heads=4", "--epochs", "2"}))
          .exit_code,
      0);
  struct Case {
    const char* run;
    std::vector<std::string> train;
    std::vector<std::string> init;
  };
  const Case cases[] = {
      {"reuse", {"--set", "init.head=reuse"}, {"--head", "reuse"}},
      {"resize",
       {"--set", "init.patch_resize=bilinear", "--set", "model.patch_size=4"},
       {"--patch-resize", "bilinear", "--patch-size", "4"}},
      {"official", {"--set", "init.official=true"}, {"--compat", "official"}}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.run);
    std::vector<std::string> train = {"--set",     "optimizer.lr=0",
                                      "--set",     "optimizer.min_lr=0",
                                      "--epochs",  "1",
                                      "--select",  "uniform",
                                      "--teacher", "teacher/last.safetensors"};
    train.insert(train.end(), c.train.begin(), c.train.end());
    const Outcome run = RunWsel(folder, Train(c.run, train));
    ASSERT_EQ(run.exit_code, 0) << run.err;
    std::vector<std::string> init = {"init",
                                     "--teacher",
                                     "teacher/last.safetensors",
                                     "--student",
                                     "vit_tiny",
                                     "--img-size",
                                     "16",
                                     "--embed-dim",
                                     "16",
                                     "--depth",
                                     "2",
                                     "--num-heads",
                                     "2",
                                     "--output",
                                     "s.safetensors",
                                     "--num-classes",
                                     "2"};
    init.insert(init.end(), c.init.begin(), c.init.end());
    if (c.run != std::string("resize")) {
      init.insert(init.end(), {"--patch-size", "8"});
    }
    ASSERT_EQ(RunWsel(folder, init).exit_code, 0);
    const auto student = checkpoint::Open(folder / "s.safetensors");
    const auto trained = checkpoint::Open(folder / c.run / "last.safetensors");
    for (const auto& spec : student->Specs()) {
      EXPECT_TRUE(at::equal(Borrow(student->View(spec.name)),
                            Borrow(trained->View(spec.name))))
          << spec.name;
    }
    EXPECT_FALSE(
        Borrow(trained->View("head.weight")).isnan().any().item<bool>());
  }
}

// timm's options of the augmentations; --three-augment stands for two of them.
TEST(Train, TakesTimmsAugmentations) {
  const TempFolder folder;
  WriteRecipe(folder);
  const auto dry = [&](std::vector<std::string> more) {
    more.emplace_back("--dry-run");
    return RunWsel(folder, Train("run", more));
  };
  const Outcome three = dry({"--three-augment", "--vflip", "0.5"});
  ASSERT_EQ(three.exit_code, 0) << three.err;
  EXPECT_THAT(three.out, AllOf(HasSubstr("\"rand_augment\": \"3a\""),
                               HasSubstr("\"color_jitter\": 0.3"),
                               HasSubstr("\"vflip\": 0.5")));
  const Outcome policy = dry(
      {"--aa", "v0-mstd0.5", "--color-jitter", "0.4", "--aug-repeats", "3"});
  ASSERT_EQ(policy.exit_code, 0) << policy.err;
  EXPECT_THAT(policy.out,
              AllOf(HasSubstr("\"v0-mstd0.5\""), HasSubstr("\"repeats\": 3")));
  EXPECT_EQ(dry({"--three-augment", "--aa", "v0"}).exit_code, 2);
  const Outcome bad = dry({"--aa", "augmix-m3"});
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_THAT(bad.err,
              AllOf(HasSubstr("augment.rand_augment"), HasSubstr("ta_wide")));
  // And they train.
  const Outcome run = RunWsel(
      folder, Train("run", {"--aa", "ta_wide", "--color-jitter", "0.4", "--set",
                            "augment.hue=0.1", "--aug-repeats", "2", "--epochs",
                            "2", "--average-last", "2", "--ema-warmup",
                            "--checkpoint-interval", "1"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* name : {"average.safetensors", "epoch-0001.safetensors",
                           "epoch-0002-ema.safetensors"}) {
    EXPECT_TRUE(fs::exists(folder / "run" / name)) << name;
  }
  EXPECT_THAT(run.err, HasSubstr("average top-1"));
}

TEST(Train, TakesAModelFromAFile) {
  const TempFolder folder;
  WriteRecipe(folder);
  WriteTextFile(folder / "m.json",
                R"({"base": "vit_tiny", "img_size": 16, "patch_size": 8,
                    "embed_dim": 24, "depth": 1, "num_heads": 4})");
  const Outcome run =
      RunWsel(folder, Train("run", {"--model", "m.json", "--set",
                                    "model.depth=3", "--dry-run"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out,
              AllOf(HasSubstr("\"embed_dim\": 24"), HasSubstr("\"depth\": 3"),
                    HasSubstr("2 classes")));
  WriteTextFile(folder / "bad.json", R"({"base": "vit_tiny", "widht": 1})");
  const Outcome bad = RunWsel(folder, Train("bad", {"--model", "bad.json"}));
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_THAT(bad.err, HasSubstr("bad.json"));
  EXPECT_EQ(RunWsel(folder, Train("bad", {"--model", "none.json"})).exit_code,
            4);
}

TEST(Train, FineTunesWithTimmsOptions) {
  const TempFolder folder;
  WriteRecipe(folder);
  const Outcome run = RunWsel(
      folder,
      Train("run", {"--freeze",      "stem,blocks.0", "--freeze-epochs", "1",
                    "--layer-decay", "0.75",          "--head-lr",       "0.01",
                    "--opt",         "sgd",           "--momentum",      "0.8",
                    "--sched",       "step",          "--decay-epochs",  "2",
                    "--loss",        "bce",           "--epochs",        "3"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("frozen: stem,blocks.0"));
  EXPECT_THAT(run.out, HasSubstr("head only   for 1 of 3 epochs"));
  const auto state = checkpoint::Open(folder / "run" / "state.safetensors");
  EXPECT_NE(state->Find("sgd.momentum_buffer.head.weight"), nullptr);
  EXPECT_EQ(state->Find("sgd.momentum_buffer.blocks.0.attn.qkv.weight"),
            nullptr);
  const std::string config = ReadText(folder / "run" / "config.json");
  EXPECT_THAT(config, HasSubstr("\"momentum\": 0.8"));

  const auto rejects = [&](const std::vector<std::string>& more,
                           const char* text) {
    const Outcome bad = RunWsel(folder, Train("bad", more));
    EXPECT_EQ(bad.exit_code, 3) << bad.err;
    EXPECT_THAT(bad.err, HasSubstr(text));
    EXPECT_FALSE(fs::exists(folder / "bad" / "config.json"));
  };
  rejects({"--freeze", "blocks.7"}, "the model has blocks.0 to blocks.1");
  rejects({"--freeze", "backbon"}, "did you mean 'backbone'?");
  rejects({"--layer-decay", "1.5"}, "optimizer.layer_decay");
  rejects({"--freeze-epochs", "21"}, "train.freeze_epochs");
  rejects({"--opt", "adam"}, "did you mean 'adamw'?");
  rejects({"--sched", "step"}, "schedule.decay_epochs");
  rejects({"--loss", "bse"}, "did you mean 'bce'?");
  const Outcome other =
      RunWsel(folder, Train("run", {"--resume", "--opt", "lamb"}));
  EXPECT_EQ(other.exit_code, 3) << other.err;
  EXPECT_THAT(other.err, HasSubstr("optimizer.name: \"sgd\", now \"lamb\""));
}

TEST(Train, HelpIsGroupedAndListsTheRecipe) {
  const TempFolder folder;
  const Outcome help = RunWsel(folder, {"train", "--help"});
  for (const char* text : {"Model:", "Data:", "Optimisation:", "Distillation:",
                           "Run:", "--teacher FILE", "--set PATH=VALUE",
                           "--device NAME", "[default: auto]"}) {
    EXPECT_THAT(help.out, HasSubstr(text));
  }
  EXPECT_THAT(help.out, Not(HasSubstr("optimizer.weight_decay")));
  const Outcome all = RunWsel(folder, {"train", "--help-all"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("\nRecipe keys:\n"));
  EXPECT_THAT(all.out, HasSubstr("\n  optimizer.weight_decay "));
  EXPECT_THAT(all.out, HasSubstr("  model.embed_dim"));
  EXPECT_THAT(all.out, HasSubstr("--teacher FILE"));
}

TEST(Help, IsACommandToo) {
  const TempFolder folder;
  const auto out = [&](const std::vector<std::string>& args) {
    const Outcome run = RunWsel(folder, args);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.out;
  };
  EXPECT_EQ(out({"help"}), out({"--help"}));
  EXPECT_EQ(out({"help", "eval"}), out({"eval", "--help"}));
  EXPECT_EQ(out({"help", "datasets", "check"}),
            out({"datasets", "check", "--help"}));
  EXPECT_EQ(out({"help", "recipe"}), out({"train", "--help-all"}));
  const Outcome unknown = RunWsel(folder, {"help", "evla"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("evla"));
}

TEST(Train, AnUnsuitableTeacherIsAnErrorBeforeTheFirstStep) {
  const TempFolder folder;
  WriteRecipe(folder);
  const auto expect = [&](const std::vector<std::string>& more, int code,
                          const char* text) {
    const Outcome run = RunWsel(folder, Train("bad", more));
    EXPECT_EQ(run.exit_code, code) << run.err;
    EXPECT_THAT(run.err, HasSubstr(text));
    fs::remove_all(folder / "bad");
  };
  const std::string script = WSEL_SOURCE_DIR "/tests/golden/train/script_";
  expect({"--distill", "logit"}, 3, "teacher.file");
  expect({"--teacher", script + "means.pt"}, 3, "is not used");
  expect({"--teacher", "none.pt", "--distill", "logit"}, 4, "none.pt");
  expect({"--teacher", script + "means.pt", "--distill", "logits"}, 3, "logit");
  expect({"--teacher", script + "means.pt", "--distill", "logit"}, 6,
         "has 3 classes, but the data set has 2");
  expect({"--teacher", script + "pair.pt", "--distill", "feature"}, 6, "Tuple");
  expect({"--teacher", script + "means.pt", "--select", "uniform"}, 6,
         "TorchScript");
  expect({"--teacher", script + "means.pt", "--distill", "logit", "--set",
          "distill.alpha=-1"},
         3, "distill.alpha");
  expect({"--teacher", script + "means.pt", "--distill", "feature",
          "--distill-cache"},
         3, "augment.crop=evaluation");
  expect({"--teacher", script + "means.pt", "--distill", "feature", "--set",
          "teacher.digest=\"00\""},
         6, "SHA-256");
}

TEST(Train, AnUnknownDeviceIsAnError) {
  const TempFolder folder;
  WriteRecipe(folder);
  std::vector<std::string> args = Train("bad");
  std::ranges::replace(args, std::string("cpu"), std::string("gpu"));
  const Outcome run = RunWsel(folder, args);
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("--device: expected auto, cpu"));
}

TEST(Train, BadInputHasItsExitCode) {
  const TempFolder folder;
  WriteRecipe(folder);
  const auto expect = [&](const std::vector<std::string>& more, int code,
                          const char* text) {
    const Outcome run = RunWsel(folder, Train("bad", more));
    EXPECT_EQ(run.exit_code, code) << run.err;
    EXPECT_THAT(run.err, HasSubstr(text));
    fs::remove_all(folder / "bad");
  };
  expect({"--set", "optimizer.lrr=1"}, 3, "did you mean 'lr'");
  expect({"--set", "train.epochs=1", "optimizer.lrr=1", "train.seed=2"}, 3,
         "--set optimizer.lrr=1: r.json.optimizer: ");
  expect({"--set", "train.batch_size=64"}, 3, "more than the 4 training");
  expect({"--init", "none.safetensors"}, 4, "none.safetensors");
  expect({"--dataset", "cifar1000"}, 3, "cifar100");
  expect({"--classes", "B,zebra"}, 3, "zebra");
  WriteTextFile(folder / "file", "");
  EXPECT_EQ(RunWsel(folder, Train("file")).exit_code, 4);
}

}  // namespace
}  // namespace wsel
