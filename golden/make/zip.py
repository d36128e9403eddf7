"""Small ZIP archives as Python's zipfile writes them: stored, deflated, streamed (sizes behind the data), ZIP64, with comments.

Writes golden/zip/*.zip; their files are those of FILES below, which the test knows as well.
"""

import io
import pathlib
import platform
import zipfile

out = pathlib.Path(__file__).parent.parent / "zip"
out.mkdir(exist_ok=True)

FILES = {
    "set/meta.csv": b"filename\tscene_label\naudio/a.wav\tpark\n" * 40,
    "set/audio/a.wav": bytes(range(256)) * 8,
    "set/audio/empty.wav": b"",
    "set/LIESMICH-\u00fc.txt": "Gr\u00fc\u00dfe\n".encode(),
}


class Unseekable(io.RawIOBase):
    """A pipe: what was written cannot be gone back to."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)

    def close(self):
        self.file.close()
        super().close()


def write(target, method, wide=False):
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.comment = b"a comment of the archive"
        archive.writestr(zipfile.ZipInfo("set/audio/", (2020, 1, 1, 0, 0, 0)), b"")
        for name, content in FILES.items():
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = method
            info.comment = b"a comment"
            with archive.open(info, "w", force_zip64=wide) as file:
                file.write(content)


write(out / "stored.zip", zipfile.ZIP_STORED)
write(out / "deflated.zip", zipfile.ZIP_DEFLATED)
pipe = Unseekable(out / "streamed.zip")
write(pipe, zipfile.ZIP_DEFLATED)
pipe.close()
# As if every file were beyond 4 GiB and there were more than 65,535 of them.
zipfile.ZIP64_LIMIT = 10
zipfile.ZIP_FILECOUNT_LIMIT = 1
write(out / "zip64.zip", zipfile.ZIP_DEFLATED, wide=True)
# The end record of an archive that needs ZIP64 says so by being full.
wide = bytearray((out / "zip64.zip").read_bytes())
end = wide.index(b"PK\x05\x06")
wide[end + 8 : end + 20] = b"\xff" * 12
(out / "zip64.zip").write_bytes(wide)
for path in sorted(out.glob("*.zip")):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")} == FILES
print(f"Python {platform.python_version()}")
