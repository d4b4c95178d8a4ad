// Torch-free.
#pragma once

namespace wsel::session {

// The exit code of the script below if Python has no onnxruntime.
inline constexpr int kNoOnnxRuntime = 3;

// Part of the program, so that an installed one has it too. Its argument is a
// JSON file, its output the result as JSON, where a logit error of null means
// that logits are not finite. Without an argument it only imports.
inline constexpr const char* kVerifyScript = R"py(
import json
import os
import statistics
import sys
import time

try:
    import numpy as np
    import onnxruntime
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(3)
if len(sys.argv) < 2:
    sys.exit(0)

with open(sys.argv[1]) as file:
    job = json.load(file)
pixels = np.load(job["pixels"])  # [images, height, width, channels], 0 to 255
expected = np.load(job["logits"])
labels = job["labels"]


def inputs(kind, some):
    if kind == "tensor(uint8)":
        return some.astype(np.uint8)
    mean = np.array(job["mean"], np.float32) * 255
    std = np.array(job["std"], np.float32) * 255
    return ((some - mean) / std).transpose(0, 3, 1, 2).astype(np.float32)


def verify(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"])
    port = session.get_inputs()[0]
    run = lambda x: session.run(None, {port.name: x})[0]
    logits = np.concatenate([
        run(inputs(port.type, pixels[i:i + 16]))
        for i in range(0, len(pixels), 16)])
    one = np.ascontiguousarray(inputs(port.type, pixels[:1]))
    times = []
    for i in range(25):
        begin = time.perf_counter()
        run(one)
        times.append(time.perf_counter() - begin)
    best = logits.argmax(1)
    top1 = None
    if labels is not None:
        top1 = float(100 * np.mean(best == np.array(labels)))
    error = None
    if np.isfinite(logits).all():
        error = float(np.abs(logits - expected).max() /
                      max(np.abs(expected).max(), 1e-12))
    return {
        "size": os.path.getsize(path),
        "error": error,
        "agreement": float(100 * np.mean(best == expected.argmax(1))),
        "top1": top1,
        "milliseconds": 1000 * statistics.median(times[5:]),
    }


print(json.dumps({
    "runtime": "onnxruntime " + onnxruntime.__version__,
    "files": [verify(path) for path in job["files"]],
}))
)py";

}  // namespace wsel::session
