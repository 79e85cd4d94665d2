/**
 * Refusals in the customer's words: what happened, whether the money is safe, what to do next.
 * Loaded with the first refusal. A code without words here is shown with the server's own title.
 */
import type { Problem } from '$lib/api/problem';
import type { LimitName } from '$lib/api/types';
import { textOf, type Money } from '$lib/money';
import { m } from '$lib/paraglide/messages';
import { dayAndTime } from '$lib/time';
import { limitName } from '$lib/words';
import { WORDS } from './table';

/** The details of a refusal that words can use, as text. */
export interface Details {
  readonly title: string;
  readonly cap: string;
  readonly left: string;
  readonly short: string;
  readonly limit: string;
  readonly at: string;
  readonly until: string;
  readonly seconds: string;
  readonly scheme: string;
  readonly least: string;
  readonly most: string;
}

export interface Words {
  readonly what: (details: Details) => string;
  readonly next?: (details: Details) => string;
}

function isMoney(value: unknown): value is Money {
  return typeof value === 'object' && value !== null && 'value' in value && 'currency' in value;
}

const money = (value: unknown): string => (isMoney(value) ? textOf(value) : '');
const time = (value: unknown): string => (typeof value === 'string' ? dayAndTime(value) : '');
const plain = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

function detailsOf({ body }: Problem): Details {
  return {
    title: body.title,
    cap: money(body.cap),
    left: money(body.left),
    short: money(body.short_by),
    limit: typeof body.limit === 'string' ? limitName(body.limit as LimitName) : '',
    at: time(body.resets_at),
    until: time(body.until),
    seconds: plain(body.resend_after_s ?? body.retry_after_s),
    scheme: plain(body.scheme),
    least: money(body.least),
    most: money(body.most),
  };
}

const more: Record<string, Words> = {};

/** Words for refusals that only one part of the app meets, brought by that part. */
export function addWords(words: Readonly<Record<string, Words>>): void {
  Object.assign(more, words);
}

function wordsFor(problem: Problem): Words | undefined {
  if (problem.code === 'identity.pin_weak')
    return WORDS[`identity.pin_weak.${plain(problem.body.why)}`] ?? WORDS[problem.code];
  return WORDS[problem.code] ?? more[problem.code];
}

export function whatHappened(problem: Problem): string {
  const details = detailsOf(problem);
  return wordsFor(problem)?.what(details) ?? m.problem_unknown(details);
}

export function isMoneySafe(problem: Problem): string {
  return problem.definite ? m.money_untouched() : m.money_unsure();
}

/** What is left of a limit, when it starts anew, how to raise it: whatever the refusal told. */
function nextForLimit(problem: Problem, details: Details): string {
  const sentences = [];
  if (details.left) sentences.push(m.problem_limit_left(details));
  if (details.at) sentences.push(m.problem_limit_resets(details));
  if (problem.body.how === 'identity') sentences.push(m.problem_limit_raise_identity());
  if (problem.body.how === 'bank_card') sentences.push(m.problem_limit_raise_bank_card());
  if (problem.body.how === 'branch') sentences.push(m.problem_limit_raise_branch());
  return sentences.join(' ');
}

export function whatNext(problem: Problem): string {
  const details = detailsOf(problem);
  if (typeof problem.body.limit === 'string') return nextForLimit(problem, details);
  const words = wordsFor(problem);
  if (!words) return m.problem_unknown_next();
  return words.next?.(details) ?? '';
}
