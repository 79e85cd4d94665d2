/**
 * Fails when the two languages do not say the same things: a message missing in one, other
 * placeholders, the same text twice by mistake, or a message that no screen uses.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCALES = ['zh-CN', 'en'];
const faults = [];

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'paraglide' ? [] : filesUnder(path);
    // The generated client types are neither read nor written by people.
    return /\.(svelte|ts)$/.test(entry.name) && entry.name !== 'schema.d.ts' ? [path] : [];
  });
}

function catalogue(locale) {
  const messages = new Map();
  for (const file of readdirSync(`messages/${locale}`)) {
    const { $schema: _, ...entries } = JSON.parse(
      readFileSync(`messages/${locale}/${file}`, 'utf8'),
    );
    for (const [key, text] of Object.entries(entries)) {
      if (messages.has(key)) faults.push(`${locale}: ${key} stands twice`);
      if (text.trim() === '') faults.push(`${locale}: ${key} is empty`);
      messages.set(key, text);
    }
  }
  return messages;
}

const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
const [first, second] = LOCALES.map(catalogue);
const source = filesUnder('src')
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');
const used = new Set([...source.matchAll(/\bm\.([a-z0-9_]+)/g)].map(([, key]) => key));

for (const key of new Set([...first.keys(), ...second.keys()])) {
  if (!first.has(key)) faults.push(`${LOCALES[0]}: ${key} is missing`);
  else if (!second.has(key)) faults.push(`${LOCALES[1]}: ${key} is missing`);
  else if (String(placeholders(first.get(key))) !== String(placeholders(second.get(key)))) {
    // A language may leave out a detail only if the other does too: else one reader learns less.
    faults.push(`${key}: the languages use other placeholders`);
  }
  if (!used.has(key)) faults.push(`${key}: no screen uses it`);
}
for (const [file, text] of filesUnder('src').map((path) => [path, readFileSync(path, 'utf8')])) {
  if (text.split('\n').length > 500) faults.push(`${file}: more than 500 lines`);
  const words = text.replace(/\/\*[\s\S]*?\*\/|<!--[\s\S]*?-->|\/\/.*$/gm, '');
  const chinese = words.match(/[\u4e00-\u9fff]+/g)?.filter((found) => found !== '中文');
  if (chinese?.length) faults.push(`${file}: text outside the catalogue: ${chinese.join(', ')}`);
}

if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(`catalogue: ${first.size} messages in ${LOCALES.join(' and ')}`);
