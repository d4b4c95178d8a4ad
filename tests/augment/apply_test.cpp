// Mixing and erasing of tensors, compared to timm.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "hashed_source.h"
#include "throws.h"
#include "wsel/augment/apply_to_batch.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::augment {
namespace {

using Json = nlohmann::ordered_json;

at::Tensor HashedImages() {
  return at::tensor(Hashed("mix", int64_t{4} * 3 * 6 * 6))
      .reshape({4, 3, 6, 6});
}

at::Tensor Values(const Json& list, at::IntArrayRef shape) {
  return at::tensor(list.get<std::vector<float>>()).reshape(shape);
}

TEST(Mix, EqualsTimm) {
  const auto path = std::filesystem::path(WSEL_SOURCE_DIR) /
                    "tests/golden/augment/mixes.json";
  const Json golden =
      ParseJson(ReadText(path), path.string(), ErrorKind::kFormat);
  const at::Tensor labels = at::tensor(std::vector<int64_t>{3, 0, 4, 3});
  ASSERT_EQ(golden["rows"].size(), 8U);
  for (const Json& row : golden["rows"]) {
    const Json& box = row[2];
    const MixDraw draw{row[3], row[1], box[0], box[1], box[2], box[3]};
    EXPECT_TRUE(at::allclose(Mix(HashedImages(), draw),
                             Values(row[5], {4, 3, 6, 6}), 0, 1e-6))
        << row;
    EXPECT_TRUE(at::allclose(MixTargets(labels, 5, row[4], draw.lambda),
                             Values(row[6], {4, 5}), 0, 1e-6))
        << row;
  }
}

TEST(Mix, LambdaOneChangesNothing) {
  const at::Tensor images = HashedImages();
  EXPECT_TRUE(at::equal(Mix(images.clone(), MixDraw()), images));
  const at::Tensor labels = at::tensor(std::vector<int64_t>{1, 0, 1});
  EXPECT_TRUE(at::allclose(
      MixTargets(labels, 2, 0.2, 1),
      at::tensor({0.1F, 0.9F, 0.9F, 0.1F, 0.1F, 0.9F}).reshape({3, 2})));
}

TEST(Mix, LabelsOfSkippedImagesAreNoPartOfTheirPartners) {
  const at::Tensor labels = at::tensor(std::vector<int64_t>{1, 0, 1, 0});
  const at::Tensor valid = at::tensor(std::vector<int64_t>{1, 1, 1, 0}) > 0;
  const auto targets = MixTargets(labels, 2, 0, 0.75, valid);
  EXPECT_TRUE(at::equal(targets[0], at::tensor({0.F, 0.75F})));
  EXPECT_TRUE(at::equal(targets[1], at::tensor({0.75F, 0.25F})));
  const auto multi_hot = MixMultiHot(at::eye(4), 0, 0.75, valid);
  EXPECT_TRUE(at::equal(multi_hot[0], at::tensor({0.75F, 0.F, 0.F, 0.F})));
}

TEST(Mix, RejectsOddGroups) {
  const MixDraw draw{.lambda = 0.5};
  ExpectError(
      [&] {
        Mix(at::zeros({3, 3, 2, 2}), draw);
      },
      ErrorKind::kConfig, {"even"});
  ExpectError([] { MixTargets(at::zeros({3}, at::kLong), 2, 0, 0.5); },
              ErrorKind::kConfig, {"even"});
}

TEST(Erase, WritesOnlyTheRectangle) {
  at::Tensor images = HashedImages();
  const at::Tensor before = images.clone();
  const at::Tensor values = at::tensor(Hashed("noise", int64_t{3} * 2 * 4));
  Erase(images, 2, 3, 1, 2, 4, values);
  EXPECT_TRUE(at::equal(images[2].slice(1, 3, 5).slice(2, 1, 5),
                        values.reshape({3, 2, 4})));
  images[2].slice(1, 3, 5).slice(2, 1, 5).copy_(
      before[2].slice(1, 3, 5).slice(2, 1, 5));
  EXPECT_TRUE(at::equal(images, before));
}

TEST(Erase, RejectsRectanglesThatDoNotFit) {
  at::Tensor images = HashedImages();
  const at::Tensor values = at::zeros({24});
  const std::array<int, 4> rows[] = {
      {5, 1, 2, 4}, {3, 3, 2, 4}, {-1, 1, 2, 4}, {3, 1, 2, 3}};
  for (const auto& [top, left, height, width] : rows) {
    ExpectError([&, t = top, l = left, h = height,
                 w = width] { Erase(images, 0, t, l, h, w, values); },
                ErrorKind::kConfig, {"do not fit"});
  }
  ExpectError([&] { Erase(images, 4, 0, 0, 2, 4, values); }, ErrorKind::kConfig,
              {"do not fit"});
}

}  // namespace
}  // namespace wsel::augment
