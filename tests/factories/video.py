"""A film for Chromium's fake camera: a QR code, held still."""

from pathlib import Path

import segno

WIDTH, HEIGHT = 640, 480
FRAMES = 30
_QUIET = 4


def camera_film(payload: str, path: Path) -> Path:
    """Write the code as YUV4MPEG2, which Chromium plays in a loop."""
    matrix = [list(row) for row in segno.make(payload, error="m", micro=False).matrix]
    modules = len(matrix) + 2 * _QUIET
    scale = min(WIDTH, HEIGHT) // modules
    left = (WIDTH - scale * modules) // 2
    top = (HEIGHT - scale * modules) // 2
    luma = bytearray(b"\xeb" * (WIDTH * HEIGHT))
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                start = left + (x + _QUIET) * scale
                for line in range(scale):
                    offset = (top + (y + _QUIET) * scale + line) * WIDTH + start
                    luma[offset : offset + scale] = b"\x10" * scale
    frame = b"FRAME\n" + bytes(luma) + b"\x80" * (WIDTH * HEIGHT // 2)
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F15:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(header + frame * FRAMES)
    return path
