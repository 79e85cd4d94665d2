/** Reads QR codes: with the browser's own detector where it has one, else with zxing in WebAssembly. */

export interface Detector {
  detect(source: ImageBitmapSource): Promise<{ rawValue: string }[]>;
}

interface NativeDetector {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

async function native(): Promise<Detector | null> {
  const built = (globalThis as { BarcodeDetector?: NativeDetector }).BarcodeDetector;
  if (!built) return null;
  try {
    const formats = await built.getSupportedFormats();
    return formats.includes('qr_code') ? new built({ formats: ['qr_code'] }) : null;
  } catch {
    return null; // Present but without a back end, as on some desktop systems.
  }
}

async function fallback(): Promise<Detector> {
  const [{ BarcodeDetector, prepareZXingModule }, { default: wasm }] = await Promise.all([
    import('barcode-detector/ponyfill'),
    import('zxing-wasm/reader/zxing_reader.wasm?url'),
  ]);
  prepareZXingModule({ overrides: { locateFile: () => wasm } });
  return new BarcodeDetector({ formats: ['qr_code'] });
}

let made: Promise<Detector> | null = null;

/** The one detector of this page; loading it is started by whoever asks first. */
export function detector(): Promise<Detector> {
  made ??= native().then((found) => found ?? fallback());
  return made;
}

/** The text of the first code in a picture, or null. Small pictures of large scenes are read at full size. */
export async function readPicture(picture: Blob): Promise<string | null> {
  const bitmap = await createImageBitmap(picture);
  try {
    const found = await (await detector()).detect(bitmap);
    return found[0]?.rawValue ?? null;
  } finally {
    bitmap.close();
  }
}
