"""How many clips the evaluation sets of TAU have: the only list whose archive has the published size.

Each archive of tables holds one file, written by Python's zipfile: a header line, then `audio/<n>.wav` from 0 on. Sizes are those of
dcase_util (dcase_util/datasets/tut.py at a2694b0b). With Windows line ends one count and one name of the list fit each archive, and
they are round numbers of hours; with others most fit none. Writes nothing.
"""

import io
import zipfile
import zlib

# Set, archive of tables in bytes, name of the list, clips.
SETS = [
    ("2019-leaderboard", 2943, "test.csv", 1200),
    ("2019-evaluation", 17611, "test.csv", 7200),
    ("2020-mobile-evaluation", 28811, "fold1_test.csv", 11880),
    ("2021-mobile-evaluation", 19406, "fold1_test.csv", 7920),
    ("2022-mobile-evaluation", 294726, "fold1_test.csv", 118800),
]
NAMES = ["test.csv", "fold1_test.csv"]
LINE_ENDS = ["\n", "\r\n"]


def archive_bytes(folder, name, clips, line_end):
    lines = ["filename"] + [f"audio/{n}.wav" for n in range(clips)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{folder}/evaluation_setup/{name}", "".join(line + line_end for line in lines))
    return len(out.getvalue())


def main():
    print("zlib", zlib.ZLIB_RUNTIME_VERSION)
    for kind, published, name, clips in SETS:
        folder = f"TAU-urban-acoustic-scenes-{kind}"
        fits = [
            (count, other, line_end)
            for count in range(clips - 3, clips + 4)
            for other in NAMES
            for line_end in LINE_ENDS
            if archive_bytes(folder, other, count, line_end) == published
        ]
        print(folder, fits)
        assert [fit for fit in fits if fit[2] == "\r\n"] == [(clips, name, "\r\n")], fits


if __name__ == "__main__":
    main()
