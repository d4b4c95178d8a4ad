#include "stream_pair.h"

#include <ATen/ATen.h>

#include "finite.h"

namespace wsel::calibrate {
namespace {

size_t BytesOf(const at::Tensor& x) {
  return static_cast<size_t>(x.numel()) * sizeof(float);
}

}  // namespace

void StreamPair::Begin(
    const std::function<std::pair<at::Tensor, at::Tensor>(size_t)>& embed) {
  // The first tile is the largest.
  {
    const OneThreadEach guard;
    const at::NoGradGuard no_grad;
    const auto [teacher, student] = embed(0);
    teacher_->Reset(tiles_, BytesOf(teacher));
    student_->Reset(tiles_, BytesOf(student));
  }
  ForEachTile(tiles_, [&](size_t tile) {
    const auto [teacher, student] = embed(tile);
    teacher_->Put(tile, teacher);
    student_->Put(tile, student);
  });
  stepped_ = false;
}

void StreamPair::Apply(const TileStore& from, const Layer& layer,
                       TileStore& to) {
  {
    const OneThreadEach guard;
    const at::NoGradGuard no_grad;
    to.Reset(tiles_, BytesOf(layer(from.Get(0))));
  }
  ForEachTile(tiles_,
              [&](size_t tile) { to.Put(tile, layer(from.Get(tile))); });
}

void StreamPair::StepTeacher(const Layer& layer, const std::string& name) {
  const auto checked = [&](const at::Tensor& x) {
    at::Tensor next = layer(x);
    RequireFinite(next, name);
    return next;
  };
  Apply(*teacher_, checked, *next_);
  stepped_ = true;
}

void StreamPair::StepStudent(const Layer& layer) {
  Apply(*student_, layer, *spare_);
  std::swap(student_, spare_);
  std::swap(teacher_, next_);
  stepped_ = false;
}

Sums StreamPair::Sum(
    const std::function<Sums(const StreamTile&)>& of_tile) const {
  return SumOverTiles(tiles_, [&](size_t tile) {
    return of_tile({teacher_->Get(tile),
                    stepped_ ? next_->Get(tile) : at::Tensor(),
                    student_->Get(tile)});
  });
}

}  // namespace wsel::calibrate
