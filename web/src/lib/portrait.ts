const WIDTH = 480;
const HEIGHT = 600;
const SIZE_MAX = 300_000;
const QUALITIES = [0.85, 0.7, 0.5, 0.35];

/** Cuts the middle of a picture to a portrait and returns it as a JPEG data URL of at most 300 kB. */
export function portraitOf(
  source: CanvasImageSource,
  width: number,
  height: number,
): string | null {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext('2d');
  if (!pen || width === 0 || height === 0) return null;
  const scale = Math.max(WIDTH / width, HEIGHT / height);
  pen.drawImage(
    source,
    (WIDTH - width * scale) / 2,
    (HEIGHT - height * scale) / 2,
    width * scale,
    height * scale,
  );
  for (const quality of QUALITIES) {
    const url = canvas.toDataURL('image/jpeg', quality);
    const bytes = ((url.length - url.indexOf(',') - 1) * 3) / 4;
    if (bytes <= SIZE_MAX) return url;
  }
  return null;
}
