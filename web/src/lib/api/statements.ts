import type { paths } from './schema';
import { client, read } from './wire';

type FilePath = paths['/api/statements/{month}.{form}']['get']['parameters']['path'];
export type StatementForm = FilePath['form'];

const MEDIA_TYPES: Readonly<Record<StatementForm, string>> = {
  pdf: 'application/pdf',
  csv: 'text/csv;charset=utf-8',
  xml: 'application/xml',
};

export const getStatementMonths = (before?: string) =>
  read(() => client.GET('/api/statements', { params: { query: before ? { before } : {} } }));

/** Fetches a month as a file and tells, on the way, how many bytes have come. */
export async function getStatement(
  path: FilePath,
  volume: number,
  came: (bytes: number) => void,
): Promise<Blob> {
  const stream = await read(() =>
    client.GET('/api/statements/{month}.{form}', {
      params: { path, query: { volume } },
      parseAs: 'stream',
    }),
  );
  const pieces: BlobPart[] = [];
  let bytes = 0;
  const reader = (stream as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    pieces.push(step.value);
    bytes += step.value.byteLength;
    came(bytes);
  }
  return new Blob(pieces, { type: MEDIA_TYPES[path.form] });
}
