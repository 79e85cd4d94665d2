import { preferences } from './state/preferences.svelte';

/** Days of the bank are days of Shanghai, wherever the reader is. */
const ZONE = 'Asia/Shanghai';

const formats = new Map<string, Intl.DateTimeFormat>();

function formatted(text: string | Date, name: string, options: Intl.DateTimeFormatOptions): string {
  const at = typeof text === 'string' ? new Date(text) : text;
  if (Number.isNaN(at.getTime())) return '';
  const key = `${preferences.locale} ${name}`;
  let format = formats.get(key);
  if (!format) {
    const locale = preferences.locale === 'en' ? 'en-GB' : 'zh-CN';
    format = new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: 'h23', ...options });
    formats.set(key, format);
  }
  return format.format(at);
}

export const timeOfDay = (at: string): string =>
  formatted(at, 'time', { hour: '2-digit', minute: '2-digit' });

export const dayAndTime = (at: string): string =>
  formatted(at, 'dayAndTime', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });

export const fullTime = (at: string): string =>
  formatted(at, 'full', {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });

export const dayName = (at: string): string =>
  formatted(at, 'day', { month: 'long', day: 'numeric', weekday: 'short' });

export const dateOnly = (at: string): string =>
  formatted(at, 'date', { year: 'numeric', month: 'short', day: 'numeric' });

export const monthName = (at: string): string =>
  formatted(at, 'month', { year: 'numeric', month: 'long' });

const ISO_DAY = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE });

/** The Shanghai calendar day, as 2026-11-22. */
export const isoDay = (at: string | Date): string =>
  ISO_DAY.format(typeof at === 'string' ? new Date(at) : at);
