// A catalogue in a file: CATALOGUE_FILE and `npm run catalogue:check`.

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { DOCUMENT_BYTES_MAX } from './domain/catalogue-document.ts';
import { type CatalogueTextReading, readCatalogueText } from './domain/catalogue-text.ts';
import type { Operation } from './domain/operation.ts';
import { startRefusal } from './start-refusal.ts';

const NEWLINE = 0x0a;

type CatalogueFile = { readonly digest: string; readonly reading: CatalogueTextReading };

/** What is in the file. Rejects where it cannot be read. */
export async function readCatalogueFile(file: string): Promise<CatalogueFile> {
  const bytes = await readBounded(file);
  const digest = createHash('sha256').update(bytes).digest('base64');
  if (bytes.length > DOCUMENT_BYTES_MAX) {
    return { digest, reading: refused(1, `must have at most ${DOCUMENT_BYTES_MAX} bytes`) };
  }
  if (!isUtf8(bytes)) return { digest, reading: refused(lineOfBrokenText(bytes), 'must be UTF-8') };
  return { digest, reading: readCatalogueText(bytes.toString('utf8')) };
}

/** The operations of CATALOGUE_FILE; null: no such setting. Refused at the start: one that is not there, or broken. */
export async function prepareCatalogueFile(
  file: string | null,
): Promise<{ readonly digest: string; readonly operations: readonly Operation[] } | null> {
  if (file === null) return null;
  const { digest, reading } = await readCatalogueFile(file).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw startRefusal(`Change \`CATALOGUE_FILE\`: ${file} cannot be read (${reason}).`, error);
  });
  if ('operations' in reading) return { digest, operations: reading.operations };
  const [first] = reading.faults;
  const others = reading.faults.length - 1 + reading.more;
  const place = first === undefined ? '' : `, line ${first.line}: ${first.pointer || 'the document'} ${first.message}`;
  throw startRefusal(
    `Change \`CATALOGUE_FILE\`: ${file}${place}${others > 0 ? ` (and ${others} more)` : ''}; npm run catalogue:check lists all.`,
  );
}

/** One byte more than is allowed says that it is too large, whatever the file is. */
async function readBounded(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const bytes = Buffer.alloc(DOCUMENT_BYTES_MAX + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === bytes.length) return bytes.subarray(0, length);
    }
  } finally {
    await handle.close();
  }
}

function refused(line: number, message: string): CatalogueTextReading {
  return { faults: [{ pointer: '', message, line }], more: 0 };
}

/** The line that is the first one not in UTF-8. */
function lineOfBrokenText(bytes: Buffer): number {
  let line = 1;
  for (let from = 0; ; line += 1) {
    const end = bytes.indexOf(NEWLINE, from);
    if (end < 0 || !isUtf8(bytes.subarray(from, end))) return line;
    from = end + 1;
  }
}
