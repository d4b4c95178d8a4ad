#!/usr/bin/env python3
"""Goldens of files of images with other channels than RGB and grey.

    python scripts/golden/channels.py

Needs NumPy and tifffile only.

- tests/golden/image/channels/*.tif: TIFFs of tifffile with counted values.
  channels.json: the number of channels of each, its size, and the first 16
  hexadecimal digits of SHA-256 over the 8-bit values [height, width, channels],
  of 16 bits the upper ones.
- tests/golden/data/arrays/*.npy: arrays of NumPy, beside those of in_chans.py.
"""

import hashlib
import json
import pathlib

import numpy
import tifffile

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden"


def counted(shape, dtype):
    count = numpy.arange(numpy.prod(shape), dtype=numpy.int64)
    step, most = (37, 256) if dtype == numpy.uint8 else (2903, 65536)
    return ((count * step + 11) % most).astype(dtype).reshape(shape)


def tiffs():
    """Name, array [height, width, channels], options of tifffile."""
    black = {"photometric": "minisblack"}
    yield "2-8", counted((5, 7, 2), numpy.uint8), black
    yield "4-8", counted((5, 7, 4), numpy.uint8), black
    yield "rgba", counted((5, 7, 4), numpy.uint8), {
        "photometric": "rgb", "extrasamples": ["unassalpha"]}
    yield "rgb-and-1", counted((5, 7, 4), numpy.uint8), {
        "photometric": "rgb", "extrasamples": ["unspecified"]}
    yield "cmyk", counted((5, 7, 4), numpy.uint8), {
        "photometric": "separated"}
    yield "5-16", counted((5, 7, 5), numpy.uint16), black
    yield "5-16-big", counted((5, 7, 5), numpy.uint16), {
        **black, "byteorder": ">"}
    yield "5-deflate", counted((5, 7, 5), numpy.uint8), {
        **black, "compression": "zlib", "rowsperstrip": 2}
    yield "13-16-tiles", counted((21, 18, 13), numpy.uint16), {
        **black, "tile": (16, 16)}
    yield "turned", counted((5, 7, 5), numpy.uint8), {
        **black, "extratags": [(274, 3, 1, 3, True)]}
    for name, channels, dtype, more in [
            ("5-planes", 5, numpy.uint8, {}),
            ("5-16-planes", 5, numpy.uint16, {"compression": "zlib"}),
            ("6-tiled-planes", 6, numpy.uint8, {"tile": (16, 16)})]:
        yield name, counted((21, 18, channels), dtype), {
            **black, "planarconfig": "separate", **more}
    yield "5-32", counted((5, 7, 5), numpy.uint8).astype(numpy.float32), black


def write_tiffs():
    folder = FOLDER / "image" / "channels"
    folder.mkdir(exist_ok=True)
    rows = []
    for name, array, options in tiffs():
        stored = array
        if options.get("planarconfig") == "separate":
            stored = numpy.moveaxis(array, -1, 0)
        path = folder / f"{name}.tif"
        tifffile.imwrite(path, stored, metadata=None, software=False,
                         **{"planarconfig": "contig", **options})
        read = tifffile.imread(path)
        assert (read == stored).all(), name
        if array.dtype == numpy.float32:
            continue
        if name == "turned":  # half a turn, which tifffile leaves to others
            array = array[::-1, ::-1]
        if array.dtype == numpy.uint16:
            array = (array >> 8).astype(numpy.uint8)
        digest = hashlib.sha256(numpy.ascontiguousarray(array).tobytes())
        rows.append([path.name, array.shape[2], array.shape[1],
                     array.shape[0], digest.hexdigest()[:16]])
    content = {"numpy": numpy.__version__, "tifffile": tifffile.__version__}
    lines = ",\n".join(json.dumps(row) for row in rows)
    (FOLDER / "image" / "channels.json").write_text(
        json.dumps(content)[:-1] + f',\n"rows": [\n{lines}\n]}}\n')


def write_arrays():
    five = numpy.arange(30, dtype=numpy.uint8).reshape(2, 3, 5)
    wide = numpy.arange(18, dtype=numpy.uint16).reshape(2, 3, 3) * 256 + 255
    for name, array in {
            "five": five, "five_first": numpy.moveaxis(five, -1, 0).copy(),
            "five_fortran": numpy.asfortranarray(five),
            "both": numpy.arange(75, dtype=numpy.uint8).reshape(5, 3, 5),
            "rgb16": wide, "grey16": wide[:, :, 0].copy()}.items():
        numpy.save(FOLDER / "data" / "arrays" / f"{name}.npy", array)


if __name__ == "__main__":
    write_tiffs()
    write_arrays()
