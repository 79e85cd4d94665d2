import { textOf } from './money';
import type { Outcome } from './outcome';

const WIDTH = 720;
const EDGE = 48;
const ROW = 56;
const HEAD = 300;

/** The receipt drawn as a PNG on silver paper, whatever theme the app is in: it is made to be kept. */
export async function receiptPicture(
  shown: Pick<Outcome, 'title' | 'amount' | 'who' | 'facts'>,
): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEAD + shown.facts.length * ROW + EDGE;
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('no canvas');
  const font = getComputedStyle(document.body).fontFamily;

  pen.fillStyle = '#f6f5f1';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const band = pen.createLinearGradient(0, 0, WIDTH, 0);
  band.addColorStop(0, '#12352f');
  band.addColorStop(1, '#0f6a57');
  pen.fillStyle = band;
  pen.fillRect(0, 0, WIDTH, 12);

  pen.textAlign = 'center';
  pen.fillStyle = '#0b6b57';
  pen.font = `600 30px ${font}`;
  pen.fillText(shown.title, WIDTH / 2, 96);
  pen.fillStyle = '#15191d';
  pen.font = `600 76px ${font}`;
  pen.fillText(textOf(shown.amount), WIDTH / 2, 190);
  pen.fillStyle = '#59626a';
  pen.font = `400 28px ${font}`;
  pen.fillText(shown.who, WIDTH / 2, 244, WIDTH - 2 * EDGE);

  shown.facts.forEach(([name, value], row) => {
    const y = HEAD + row * ROW;
    pen.strokeStyle = '#dfddd5';
    pen.beginPath();
    pen.moveTo(EDGE, y - 36);
    pen.lineTo(WIDTH - EDGE, y - 36);
    pen.stroke();
    pen.font = `400 24px ${font}`;
    pen.textAlign = 'left';
    pen.fillStyle = '#59626a';
    pen.fillText(name, EDGE, y);
    pen.textAlign = 'right';
    pen.fillStyle = '#15191d';
    pen.fillText(value, WIDTH - EDGE, y, WIDTH - 2 * EDGE - 180);
  });
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png'),
  );
}
